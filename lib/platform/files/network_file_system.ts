import { statfsSync } from "node:fs";
import process from "node:process";
import { systemErrorCode } from "../../errors/local_error.ts";

/** `f_type` of statfs(2) on Linux, where flock(2) and SQLite's locks are emulated, or absent (linux/magic.h). */
const LINUX_TYPES: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB"],
  [0x01021997, "9P"],
  [0x5346414f, "AFS"],
  [0x73757245, "Coda"],
  [0x00c36400, "Ceph"],
  [0x564c, "NCP"],
]);

/**
 * The kind of network file system that `path` is on, or null when it is on a local one, or nobody can say: FUSE does
 * not tell sshfs from a local one, and the numbers of macOS are given out at boot, in no order.
 */
export function networkFileSystem(path: string, platform: string = process.platform): string | null {
  if (platform !== "linux") return null;
  try {
    // Some builds read the 32-bit numbers as negative ones.
    return LINUX_TYPES.get(Number(statfsSync(path).type) >>> 0) ?? null;
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return null; // a warning that can't be given
  }
}

/** Whether `path` is known to be on a network file system. */
export function isNetworkFileSystem(path: string): boolean {
  return networkFileSystem(path) !== null;
}
