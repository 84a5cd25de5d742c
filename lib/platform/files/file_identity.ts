import { fstatSync, lstatSync, statSync } from "node:fs";
import process from "node:process";
import { systemErrorCode } from "../../errors/local_error.ts";
import { isMissing } from "../../errors/system_error.ts";
import { isDeno } from "../runtime/host.ts";

/** Identifies a file independently of its path. */
export interface FileIdentity {
  /** The device; null where the system does not report it for an open file: {@linkcode birthtimeNs} is compared then. */
  dev: bigint | null;
  ino: bigint;
  birthtimeNs: bigint;
}

/** stat(2) of a path and fstat(2) of a descriptor, with 64-bit numbers. */
export interface FileLooks {
  stat(path: string): FileIdentity;
  fstat(fd: number): FileIdentity;
}

const LOOKS: FileLooks = {
  stat: (path) => statSync(path, { bigint: true }),
  fstat: (fd) => fstatSync(fd, { bigint: true }),
};

/**
 * The identity of the open file `fd`. Deno's node:fs knows only descriptors that it opened itself (EBADF for others);
 * `/proc/self/fd` or `/dev/fd` shows all.
 *
 * @throws the system's error: `EBADF` or `ENOENT` if it is not open
 */
export function identityOfDescriptor(fd: number): FileIdentity {
  if (!isDeno) return LOOKS.fstat(fd);
  return process.platform === "darwin" ? identityByDevFd(fd) : LOOKS.stat(`/proc/self/fd/${fd}`);
}

/**
 * The identity of the open file `fd` on macOS without fstat(2) for inherited descriptors: stat(2) of `/dev/fd/N` reports
 * the inode and the times of the file, but the device of `/dev` (vnode_getattr in bsd/vfs/kpi_vfs.c fills in `va_fsid`
 * from the mount of the node in devfs).
 *
 * @throws the system's error: `EBADF` if it is not open
 */
export function identityByDevFd(fd: number, { stat, fstat }: FileLooks = LOOKS): FileIdentity {
  try {
    return fstat(fd);
  } catch (error) {
    if (systemErrorCode(error) !== "EBADF") throw error;
  }
  const { dev, ino, birthtimeNs } = stat(`/dev/fd/${fd}`);
  return { dev: dev === stat("/dev/fd").dev ? null : dev, ino, birthtimeNs };
}

/** The identity of what is at `path`, of the link if it is one; null if there is nothing. */
export function identityOf(path: string): FileIdentity | null {
  try {
    return lstatSync(path, { bigint: true });
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Whether both identities are of the same file. */
export function isSameFile(a: FileIdentity | null, b: FileIdentity): boolean {
  if (a?.ino !== b.ino) return false;
  return a.dev === null || b.dev === null ? a.birthtimeNs === b.birthtimeNs : a.dev === b.dev;
}
