import { lstatSync, statSync } from "node:fs";
import type { LockFile } from "../platform/files/lock_file.ts";
import type { System } from "../platform/system.ts";
import type { InstancePaths } from "./paths.ts";

/** What the look at the home gave. */
export type GuardVerdict =
  | { kind: "ours" }
  /** Lock files were deleted under us and are ours again. */
  | { kind: "mended"; files: string[] }
  /** The home does not exist any more, or another folder stands at its path. */
  | { kind: "homeDeleted" }
  /** Another supervisor holds the lock now: touch nothing, leave. */
  | { kind: "superseded" };

/** The identity of a lock file, to notice that the path leads to another one. */
export interface FileIdentity {
  dev: number;
  ino: number;
}

/** The identity of a file that was deleted: that of none at any path. */
export const NO_FILE: FileIdentity = { dev: -1, ino: -1 };

/** The locks that a supervisor answers for. */
export interface HeldLocks {
  /** The home itself: what is at its path in another folder is another instance's. */
  home: FileIdentity | null;
  supervisor: LockFile;
  /** The file that Temporal's inherited lock is on; null while there is no Temporal. */
  temporal: FileIdentity | null;
  /** A new `temporal.lock`, held in Temporal's stead because the one that it holds was deleted from its path. */
  substitute: LockFile | null;
}

/** The identity of what stands at `path`; null when nothing does. */
export function identityOf(path: string): FileIdentity | null {
  const info = lstatSync(path, { throwIfNoEntry: false });
  return info === undefined ? null : { dev: info.dev, ino: info.ino };
}

/** The identity of the folder that `path` leads to, through links too; null when there is none. */
export function folderIdentity(path: string): FileIdentity | null {
  const info = statSync(path, { throwIfNoEntry: false });
  return info === undefined ? null : { dev: info.dev, ino: info.ino };
}

/**
 * Checks that the lock paths still lead to the locks that are held, and mends what was deleted: somebody who then
 * locks the new file at the path would otherwise believe that nobody is here. Takes over a file that lies at the path
 * without a holder; gives way to one that somebody holds. Costs three lstat(2) when all is well.
 */
export async function guardLocks(
  paths: InstancePaths,
  held: HeldLocks,
  { tryLock }: Pick<System, "tryLock">,
): Promise<GuardVerdict> {
  if (held.home === null || !isSameFile(folderIdentity(paths.home), held.home)) return { kind: "homeDeleted" };
  const files: string[] = [];
  if (held.supervisor.isCurrent() !== "ours") {
    const lock = await tryLock(paths.supervisorLock);
    if (lock === null) return { kind: "superseded" };
    held.supervisor.close();
    held.supervisor = lock;
    files.push(paths.supervisorLock);
  }
  const isTemporalLockGone = held.temporal !== null && !isSameFile(identityOf(paths.temporalLock), held.temporal);
  if (isTemporalLockGone && held.substitute?.isCurrent() !== "ours") {
    const lock = await tryLock(paths.temporalLock);
    if (lock === null) return { kind: "superseded" };
    held.substitute?.close();
    held.substitute = lock;
    files.push(paths.temporalLock);
  }
  return files.length === 0 ? { kind: "ours" } : { kind: "mended", files };
}

/** Whether two looks saw the same file; a file that is not there is none. */
export function isSameFile(a: FileIdentity | null, b: FileIdentity): boolean {
  return a !== null && a.dev === b.dev && a.ino === b.ino;
}
