import { type BigIntStats, statSync } from "node:fs";
import { dirname } from "node:path";
import { type DescriptorLink, descriptorLinks, orUnseen, readProcText } from "./proc_files.ts";
import type { LockHolder } from "./processes.ts";
import type { TargetFile } from "./target_file.ts";

/** A descriptor of the file. */
export interface OpenFile extends Pick<LockHolder, "on"> {
  fd: number;
}

/** Suffix of the link of a descriptor whose file was deleted (d_path in fs/d_path.c). */
const DELETED = " (deleted)";

/** The descriptors of process `pid` that refer to `target`. */
export function openFilesOf(proc: string, pid: number, target: TargetFile): OpenFile[] {
  const files: OpenFile[] = [];
  for (const descriptor of descriptorLinks(proc, pid)) {
    const on = locationOf(descriptor, target);
    if (on !== null) files.push({ fd: descriptor.fd, on });
  }
  return files;
}

/** The paths of the files on which process `pid` holds a flock(2), as they were when they were opened. */
export function lockedFilesOf(proc: string, pid: number): string[] {
  return [...descriptorLinks(proc, pid)]
    .filter(({ fd, link }) => link.startsWith("/") && isFlockShown(proc, pid, fd))
    .map(({ link }) => link.endsWith(DELETED) ? link.slice(0, -DELETED.length) : link);
}

/**
 * Whether the descriptor shows a flock(2) lock (proc_pid_fdinfo(5)). It is shown as long as the open file description
 * holds it, whichever process called flock.
 */
export function isFlockShown(proc: string, pid: number, fd: number): boolean {
  return /^lock:.*\bFLOCK\b/m.test(readProcText(`${proc}/${pid}/fdinfo/${fd}`) ?? "");
}

/** Whether the descriptor shows an fcntl(2) write lock, which belongs to the process and is shown only there. */
export function isWriteLockShown(proc: string, pid: number, fd: number): boolean {
  return /^lock:.*\bPOSIX\b.*\bWRITE\b/m.test(readProcText(`${proc}/${pid}/fdinfo/${fd}`) ?? "");
}

/** Whether the descriptor is read-only: the flags are those of open(2) in octal, and O_RDONLY is 0. */
export function isReadOnly(proc: string, pid: number, fd: number): boolean {
  return /^flags:\s*[0-7]*[04]$/m.test(readProcText(`${proc}/${pid}/fdinfo/${fd}`) ?? "");
}

/**
 * Whether a descriptor refers to the target, or to a file that was deleted from its path; null if neither.
 *
 * Compares names first, at 3 µs instead of 20 for a stat. A path proves nothing (in a container the same path is
 * another file) and may differ (a bind mount has another folder), so files with the same base name are compared by
 * inode. A deleted file has no inode at the path to compare with: there the path and the file system decide.
 */
export function locationOf({ link, path }: DescriptorLink, target: TargetFile): OpenFile["on"] | null {
  if (link === target.path + DELETED) {
    const folder = statOf(dirname(target.path));
    return folder === null || statOf(path)?.dev === folder.dev ? "deleted" : null;
  }
  if (target.identity === null || !link.endsWith(target.name)) return null;
  const info = statOf(path);
  return info?.ino === target.identity.ino && info.dev === target.identity.dev ? "path" : null;
}

function statOf(path: string): BigIntStats | null {
  return orUnseen(() => statSync(path, { bigint: true }));
}
