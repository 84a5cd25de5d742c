import { existsSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { orNull } from "../../errors/system_error.ts";
import { formatBytes } from "../../text/byte_size.ts";

/** The free space of a file system. */
export interface FreeSpace {
  /** The path, or its nearest parent that exists. */
  path: string;
  freeBytes: number;
  freeFiles: number;
  /** 0 if the file system has no limit (btrfs). */
  files: number;
}

/** With less, a database transaction or a new log is likely to fail. */
const FULL_BELOW_BYTES = 256 * 1024;

/**
 * The space that this user can use at `path`.
 *
 * @throws the system's error
 */
export function freeSpace(path: string): FreeSpace {
  const existing = nearest(path);
  const { bavail, bfree, bsize, ffree, files } = statfsSync(existing);
  // A part of most file systems is reserved for root.
  const blocks = process.geteuid?.() === 0 ? bfree : bavail;
  return { path: existing, freeBytes: blocks * bsize, freeFiles: ffree, files };
}

/** Which of the file systems at `paths` is full, such as `only 0 B free at /data`; null if none is. */
export function fullDisk(paths: readonly string[]): string | null {
  for (const path of paths) {
    const space = orNull(() => freeSpace(path));
    if (space === null) continue; // an unreadable place is another problem
    if (space.freeBytes < FULL_BELOW_BYTES) return `only ${formatBytes(space.freeBytes)} free at ${space.path}`;
    if (space.files > 0 && space.freeFiles === 0) return `no inodes free at ${space.path}`;
  }
  return null;
}

function nearest(path: string): string {
  return existsSync(path) ? path : nearest(dirname(path));
}
