import { lstatSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { descriptorLinks, orUnseen, readProcText } from "./proc_files.ts";

/** A file that is looked for among the descriptors of processes. */
export interface TargetFile {
  /** Its path with the links of its folder resolved, as the kernel shows it in `/proc/PID/fd`. */
  path: string;
  name: string;
  /** The present file; null when none is there. */
  identity: { dev: bigint; ino: bigint } | null;
  /** The file system of its folder; null when that is gone too. */
  folderDev: bigint | null;
}

/** A descriptor that leads to the file. */
export interface OpenFile {
  fd: number;
  /** It leads to the file at the path, or to one that was deleted from (or replaced at) it. */
  on: "path" | "deleted";
}

/** What the kernel appends to the link of a descriptor whose file has no name any more (d_path in fs/d_path.c). */
const DELETED = " (deleted)";

/** Describes the file at `path`, which need not exist. */
export function targetFile(path: string): TargetFile {
  return describe(orUnseen(() => realpathSync(path)) ?? withRealFolder(path));
}

/**
 * Describes the lock file at `path`, which need not exist. We lock through no link, so that nobody who has the lock that
 * one leads to is of ours.
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

/** The descriptors of process `pid` that lead to `target`. */
export function openFilesOf(proc: string, pid: number, target: TargetFile): OpenFile[] {
  const files: OpenFile[] = [];
  for (const { fd, link, path } of descriptorLinks(proc, pid)) {
    const on = whereItLeads(link, path, target);
    if (on !== null) files.push({ fd, on });
  }
  return files;
}

/**
 * Whether the descriptor shows a lock of flock(2) (proc_pid_fdinfo(5)). It stands there for as long as the open file
 * description holds it, whoever called flock.
 */
export function isFlockShown(proc: string, pid: number, fd: number): boolean {
  return /^lock:.*\bFLOCK\b/m.test(readProcText(`${proc}/${pid}/fdinfo/${fd}`) ?? "");
}

/** Whether the descriptor shows a lock of fcntl(2) for writing; that one belongs to the process, and shows in it alone. */
export function isWriteLockShown(proc: string, pid: number, fd: number): boolean {
  return /^lock:.*\bPOSIX\b.*\bWRITE\b/m.test(readProcText(`${proc}/${pid}/fdinfo/${fd}`) ?? "");
}

/** Whether the descriptor can only be read from: the flags are those of open(2), in octal, and O_RDONLY is 0. */
export function isReadOnly(proc: string, pid: number, fd: number): boolean {
  return /^flags:\s*[0-7]*[04]$/m.test(readProcText(`${proc}/${pid}/fdinfo/${fd}`) ?? "");
}

/**
 * A glance at the name first: it costs 3 µs, a stat 20. The name alone proves nothing (in a container the same name is
 * another file), and need not be the same (a bind mount shows another folder), so what has the right last part is compared
 * by inode. A deleted file has no inode at the path to compare with: there the name and the file system decide.
 */
function whereItLeads(link: string, path: string, target: TargetFile): OpenFile["on"] | null {
  if (link === target.path + DELETED) {
    const dev = orUnseen(() => statSync(path, { bigint: true }))?.dev;
    return target.folderDev === null || dev === target.folderDev ? "deleted" : null;
  }
  if (target.identity === null || !link.endsWith(target.name)) return null;
  const info = orUnseen(() => statSync(path, { bigint: true }));
  return info?.ino === target.identity.ino && info.dev === target.identity.dev ? "path" : null;
}

/** The real path of a folder; of one that is gone, that of its nearest ancestor and the rest as it was. */
function realFolder(folder: string): string {
  const real = orUnseen(() => realpathSync(folder));
  if (real !== null) return real;
  const parent = dirname(folder);
  return parent === folder ? folder : join(realFolder(parent), basename(folder));
}
