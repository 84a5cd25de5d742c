import { chmodSync, renameSync } from "node:fs";
import { systemErrorCode } from "../errors/local_error.ts";
import type { Instance } from "../instance/context.ts";
import { type FileIdentity, identityOf, isSameFile } from "../platform/files/file_identity.ts";
import { removeIfPresent } from "../platform/files/remove_if_present.ts";
import { socketPath } from "../platform/net/socket_path.ts";
import { serveUnix } from "./server.ts";
import { socketIsFolder } from "./socket_folder.ts";
import type { Handler, UnixServer } from "./unix_server.ts";

/** Errors of unlink(2) if the home was deleted, or became read-only. */
const IGNORED = ["EROFS", "ENOTDIR"];

/** The control API's socket in the home. */
export interface ControlSocket {
  /** Binds it again if the path was deleted or replaced; resolves with whether it was. */
  ensureBound(): Promise<boolean>;
  /**
   * Removes the path at once, unless another socket took it; then finishes responses in progress, for at most
   * `graceMs`.
   */
  close(graceMs: number): Promise<void>;
}

/** One listener. A listener whose path was deleted still serves its open connections. */
interface Bound {
  server: UnixServer;
  identity: FileIdentity | null;
  closePath: () => void;
}

/** Serves `handler` on the instance's control socket. */
export async function openControlSocket(instance: Instance, handler: Handler): Promise<ControlSocket> {
  const { controlSocket } = instance.paths;
  const bound = [await bind(instance, handler)];
  const isOurs = () => {
    const identity = bound.at(-1)?.identity ?? null;
    return identity !== null && isSameFile(identityOf(controlSocket), identity);
  };
  return {
    ensureBound: async () => {
      if (isOurs()) return false;
      bound.push(await bind(instance, handler));
      return true;
    },
    close: async (graceMs) => {
      if (isOurs()) removeIfPresent(controlSocket, IGNORED);
      await Promise.all(bound.map(({ server }) => server.close(graceMs)));
      for (const { closePath } of bound) closePath();
    },
  };
}

/**
 * Binds the socket under a temporary name and renames it into place. This replaces a stale socket atomically, and
 * libuv, which on close unlinks the path that it bound (uv__pipe_close), cannot remove a later supervisor's socket.
 */
async function bind({ paths, host }: Instance, handler: Handler): Promise<Bound> {
  const ownName = `.control-${host.pid}`;
  const own = `${paths.home}/${ownName}`;
  removeIfPresent(own, IGNORED);
  const path = await socketPath(paths.home, ownName, host.platform);
  const server = await serveUnix(path.path, handler);
  try {
    chmodSync(own, 0o600);
    renameSync(own, paths.controlSocket);
  } catch (error) {
    await server.close(0);
    path.close();
    removeIfPresent(own, IGNORED);
    throw explain(error, paths.controlSocket);
  }
  return { server, identity: identityOf(paths.controlSocket), closePath: () => path.close() };
}

/** rename(2) replaces a file, a link or a FIFO, but not a directory. */
function explain(error: unknown, path: string): unknown {
  if (!["EISDIR", "ENOTEMPTY", "EEXIST"].includes(systemErrorCode(error) ?? "")) return error;
  return socketIsFolder(path, error);
}
