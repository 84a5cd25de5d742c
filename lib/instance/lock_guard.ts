import { statSync } from "node:fs";
import { type FileIdentity, identityOf, isSameFile } from "../platform/files/file_identity.ts";
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

/** The identity of a deleted file; equals that of no existing file. */
const NO_FILE: FileIdentity = { dev: -1n, ino: -1n, birthtimeNs: -1n };

/** The identity of the folder that `path`, or the link there, leads to; null if there is none. */
function folderIdentity(path: string): FileIdentity | null {
  return statSync(path, { bigint: true, throwIfNoEntry: false }) ?? null;
}

/** An instance's home and the held `supervisor.lock` in it. */
export class HeldHome {
  readonly #paths: InstancePaths;
  /** A different folder at its path is another instance. */
  readonly #folder: FileIdentity | null;
  #lock: LockFile;
  #guarding: Promise<GuardVerdict> | null = null;

  constructor(paths: InstancePaths, supervisorLock: LockFile) {
    this.#paths = paths;
    this.#folder = folderIdentity(paths.home);
    this.#lock = supervisorLock;
  }

  /** Checks that it is still ours, and recreates a deleted lock file; called twice at once, it looks once. */
  guard(system: Pick<System, "tryLock">): Promise<GuardVerdict> {
    return this.#guarding ??= this.#guard(system).finally(() => this.#guarding = null);
  }

  async #guard({ tryLock }: Pick<System, "tryLock">): Promise<GuardVerdict> {
    const { home, supervisorLock } = this.#paths;
    if (this.#folder === null || !isSameFile(folderIdentity(home), this.#folder)) return { kind: "homeDeleted" };
    if (this.#lock.isCurrent() === "ours") return { kind: "ours" };
    const lock = await tryLock(supervisorLock);
    if (lock === null) return { kind: "superseded" };
    this.#lock.close();
    this.#lock = lock;
    return { kind: "recreated", files: [supervisorLock] };
  }

  /** Frees `supervisor.lock`. */
  release(): void {
    this.#lock.close();
  }
}

/** The lock file in a held home that a process inherits, as its supervisor watches it. */
export class GuardedLock {
  readonly #home: HeldHome;
  readonly #path: string;
  /** The file that the process holds; null while it is not running. */
  #held: FileIdentity | null = null;
  /** A new file at the path, held by the supervisor because the one that the process holds was deleted. */
  #substitute: LockFile | null = null;

  constructor(home: HeldHome, path: string) {
    this.#home = home;
    this.#path = path;
  }

  /** A process holds the file at the path, or one that was deleted from there: the one at the path is held in its stead. */
  watch(isDeleted = false): void {
    this.#held = isDeleted ? NO_FILE : identityOf(this.#path);
  }

  /** The lock that is held in the stead of the process's; null if there is none. From then on the caller closes it. */
  takeSubstitute(): LockFile | null {
    const lock = this.#substitute?.isCurrent() === "ours" ? this.#substitute : null;
    if (lock !== null) {
      this.#substitute = null;
      this.#held = identityOf(this.#path);
    }
    return lock;
  }

  /** The process is gone. */
  unwatch(): void {
    this.#held = null;
    this.#substitute?.close();
    this.#substitute = null;
  }

  /**
   * Checks that the lock paths still lead to the held lock files, and recreates deleted ones: otherwise another process
   * could lock a new file at that path and conclude that nothing is running. Takes a new lock file that is free; gives
   * way if another process holds it. Costs three lstat(2) when nothing changed.
   */
  async guard(system: Pick<System, "tryLock">): Promise<GuardVerdict> {
    const verdict = await this.#home.guard(system);
    if (verdict.kind !== "ours" && verdict.kind !== "recreated") return verdict;
    const isGone = this.#held !== null && !isSameFile(identityOf(this.#path), this.#held);
    if (!isGone || this.#substitute?.isCurrent() === "ours") return verdict;
    const lock = await system.tryLock(this.#path);
    if (this.#held === null) { // the process has gone meanwhile
      lock?.close();
      return verdict;
    }
    if (lock === null) return { kind: "superseded" };
    this.#substitute?.close();
    this.#substitute = lock;
    return { kind: "recreated", files: [...verdict.kind === "recreated" ? verdict.files : [], this.#path] };
  }
}
