import { readdirSync, unlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { systemErrorCode } from "../errors/local_error.ts";
import { isTemporaryOf } from "../platform/files/atomic_file.ts";
import { isDead } from "../platform/processes/processes.ts";
import type { Instance } from "./context.ts";

/** The name under which supervisor PID binds its socket before renaming it to `control.sock`. */
const OWN_SOCKET = /^\.control-(\d+)$/;

/** Removes what {@linkcode temporariesIn} finds. Only for the holder of `supervisor.lock`. */
export function sweepTemporaries(instance: Pick<Instance, "paths" | "processes">): void {
  for (const path of temporariesIn(instance)) unlinkQuietly(path);
}

/**
 * Temporary files and sockets that killed supervisors left before renaming them into place. While a supervisor is
 * running, some may be its own, in use at this moment.
 */
export function temporariesIn({ paths, processes }: Pick<Instance, "paths" | "processes">): string[] {
  const ours = [paths.record, paths.lastFailure, paths.history].map((path) => basename(path));
  const isAlive = (pid: number) => {
    const seen = processes.inspect(pid);
    return seen !== null && !isDead(seen);
  };
  const isStale = (name: string) => {
    const [, pid] = OWN_SOCKET.exec(name) ?? [];
    return pid === undefined ? ours.some((each) => isTemporaryOf(name, each)) : !isAlive(Number(pid));
  };
  return readdirSync(paths.home).filter(isStale).map((name) => join(paths.home, name));
}

/** Removes the control socket of a supervisor that was killed. Only for the holder of `supervisor.lock`. */
export function removeStaleSocket({ paths }: Pick<Instance, "paths">): void {
  unlinkQuietly(paths.controlSocket);
}

/** Leaves the path alone if it is a directory, or the file system is read-only. */
function unlinkQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
  }
}
