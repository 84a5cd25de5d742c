import { lstatSync, statSync } from "node:fs";
import type { LockFile } from "../platform/locks/lock_file.ts";
import type { System } from "../platform/system.ts";
import type { InstancePaths } from "./paths.ts";

/** The outcome of a check of the locks. */
export type GuardVerdict =
  | { kind: "ours" }
  /** Lock files had been deleted; they were recreated and locked. */
  | { kind: "recreated"; files: string[] }
  /** The home was deleted, or replaced by another folder. */
  | { kind: "homeDeleted" }
  /** Another supervisor holds the lock now: exit without touching anything. */
  | { kind: "superseded" };

/** The identity of a lock file: tells whether its path leads to another file now. */
export interface FileIdentity {
  dev: number;
  ino: number;
}

/** The identity of a deleted file; equals that of no existing file. */
export const NO_FILE: FileIdentity = { dev: -1, ino: -1 };

/** The locks that a supervisor is responsible for. */
export interface HeldLocks {
  /** The home itself: a different folder at its path is another instance. */
  home: FileIdentity | null;
  supervisor: LockFile;
  /** The lock file that Temporal inherited; null while Temporal is not running. */
  process: FileIdentity | null;
  /** A new `temporal.lock`, held by the supervisor because the file that Temporal holds was deleted. */
  substitute: LockFile | null;
}

/** The identity of the file at `path`; null if there is none. */
export function identityOf(path: string): FileIdentity | null {
  const info = lstatSync(path, { throwIfNoEntry: false });
  return info === undefined ? null : { dev: info.dev, ino: info.ino };
}

/** The identity of the folder at `path`, following links; null if there is none. */
export function folderIdentity(path: string): FileIdentity | null {
  const info = statSync(path, { throwIfNoEntry: false });
  return info === undefined ? null : { dev: info.dev, ino: info.ino };
}

/**
 * Checks that the lock paths still lead to the held lock files, and recreates deleted ones: otherwise another process
 * could lock a new file at that path and conclude that nothing is running. Takes a new lock file that is free; gives
 * way if another process holds it. Costs three lstat(2) when nothing changed.
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
  const isProcessLockGone = held.process !== null && !isSameFile(identityOf(paths.processLock), held.process);
  if (isProcessLockGone && held.substitute?.isCurrent() !== "ours") {
    const lock = await tryLock(paths.processLock);
    if (lock === null) return { kind: "superseded" };
    held.substitute?.close();
    held.substitute = lock;
    files.push(paths.processLock);
  }
  return files.length === 0 ? { kind: "ours" } : { kind: "recreated", files };
}

/** Whether both identities are of the same existing file. */
export function isSameFile(a: FileIdentity | null, b: FileIdentity): boolean {
  return a !== null && a.dev === b.dev && a.ino === b.ino;
}
