import { lstatSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { type DescriptorLink, descriptorLinks, orUnseen, readProcText } from "./proc_files.ts";

/** A file to find among the descriptors of processes. */
export interface TargetFile {
  /** Its path with the links of its folder resolved, as shown in `/proc/PID/fd`. */
  path: string;
  name: string;
  /** The file at the path; null if there is none. */
  identity: { dev: bigint; ino: bigint } | null;
  /** The file system of its folder; null if the folder does not exist either. */
  folderDev: bigint | null;
}

/** A descriptor of the file. */
export interface OpenFile {
  fd: number;
  /** Of the file at the path, or of one that was deleted from (or replaced at) it. */
  on: "path" | "deleted";
}

/** Suffix of the link of a descriptor whose file was deleted (d_path in fs/d_path.c). */
const DELETED = " (deleted)";

/** Describes the file at `path`, which need not exist. */
export function targetFile(path: string): TargetFile {
  return describe(orUnseen(() => realpathSync(path)) ?? withRealFolder(path));
}

/**
 * Describes the lock file at `path`, which need not exist. Does not follow a link at `path`: this tool never locks
 * through one.
 */
export function targetLock(path: string): TargetFile {
  return describe(withRealFolder(path));
}

function withRealFolder(path: string): string {
  return join(realFolder(dirname(resolve(path))), basename(path));
}

function describe(real: string): TargetFile {
  const info = orUnseen(() => lstatSync(real, { bigint: true }));
  const folder = orUnseen(() => statSync(dirname(real), { bigint: true }));
  return {
    path: real,
    name: basename(real),
    identity: info === null ? null : { dev: info.dev, ino: info.ino },
    folderDev: folder?.dev ?? null,
  };
}

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
    const dev = orUnseen(() => statSync(path, { bigint: true }))?.dev;
    return target.folderDev === null || dev === target.folderDev ? "deleted" : null;
  }
  if (target.identity === null || !link.endsWith(target.name)) return null;
  const info = orUnseen(() => statSync(path, { bigint: true }));
  return info?.ino === target.identity.ino && info.dev === target.identity.dev ? "path" : null;
}

/** The real path of a folder; if it does not exist, that of its nearest ancestor and the rest unchanged. */
function realFolder(folder: string): string {
  const real = orUnseen(() => realpathSync(folder));
  if (real !== null) return real;
  const parent = dirname(folder);
  return parent === folder ? folder : join(realFolder(parent), basename(folder));
}
