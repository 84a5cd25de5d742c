import { closeSync, fstatSync, lstatSync, openSync } from "node:fs";
import { adoptLock, type LockFile, openLock } from "../../lib/platform/locks/lock_file.ts";
import type { LockHolder } from "../../lib/platform/processes/processes.ts";
import type { FakeProcess, ProcessTable } from "./process_table.ts";

/** An open file description with an exclusive flock(2): a process that inherits a descriptor of it holds the lock too. */
interface Description {
  path: string;
  /** A real descriptor of ours, open as long as the description is: it keeps the inode from being given to another file. */
  fd: number;
  holders: Set<number>;
}

/** The locks and their holders. The files are real ones, so that they can be deleted and replaced; the locks on them are not. */
export class LockTable {
  readonly #table: ProcessTable;
  readonly #open = new Set<Description>();

  constructor(table: ProcessTable) {
    this.#table = table;
    table.onFilesClosed((pid) => this.#open.forEach((each) => this.#letGo(each, pid)));
    table.onFork((parent, child) => {
      for (const { holders } of this.#open) {
        if (holders.has(parent)) holders.add(child);
      }
    });
  }

  /** As `tryLock` of `lock_file.ts`, for `holder`. @throws {LocalError} `lock-failed` */
  tryLock(path: string, holder: FakeProcess): Promise<LockFile | null> {
    try {
      return Promise.resolve(this.#take(path, holder.pid));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** open(2) with O_EXLOCK, by `holder`. @throws the system's error, which is EAGAIN for a file that is locked */
  openLocked(path: string, flags: number, mode: number, holder: FakeProcess): number {
    const fd = openSync(path, flags, mode);
    if (this.#isLocked(fd)) {
      closeSync(fd);
      throw Object.assign(new Error("EAGAIN: resource temporarily unavailable"), { code: "EAGAIN", syscall: "open" });
    }
    this.#open.add({ path, fd, holders: new Set([holder.pid]) });
    return fd;
  }

  /** close(2), by `holder`, of a descriptor of a locked file. */
  closeLocked(fd: number, holder: FakeProcess): void {
    const description = [...this.#open].find((each) => each.fd === fd);
    if (description !== undefined) this.#letGo(description, holder.pid);
  }

  /** Lets `holder` take the lock, on a description of its own. */
  take(path: string, holder: FakeProcess): LockFile {
    const lock = this.#take(path, holder.pid);
    if (lock === null) throw new Error(`${path} is locked already`);
    return lock;
  }

  /** Hands the lock on, as a descriptor that is passed to a child. */
  pass(lock: LockFile, to: FakeProcess): void {
    this.passDescriptor(lock.fd, to);
  }

  passDescriptor(fd: number, to: FakeProcess): void {
    const description = [...this.#open].find((each) => each.fd === fd);
    if (description === undefined) throw new Error(`Descriptor ${fd} is no lock`);
    description.holders.add(to.pid);
  }

  holders(path: string, firstPid?: number): LockHolder[] {
    const found = [...this.#open].flatMap((each) => {
      const on = leadsTo(each, path);
      return on === null ? [] : [...each.holders].map((pid) => ({ process: this.#table.get(pid)!, on }));
    });
    const seen = found.filter(({ process }) => !process.isOtherUsers)
      .map(({ process, on }) => ({ pid: process.pid, command: this.#table.describe(process).command, on }))
      .sort((a, b) => a.pid - b.pid);
    const first = seen.filter(({ pid }) => pid === firstPid);
    return first.length > 0 ? first : seen;
  }

  lockedBy(pid: number): string[] {
    return [...this.#open].filter(({ holders }) => holders.has(pid)).map(({ path }) => path);
  }

  /** The locked files that a process has open: a real descriptor of ours, and the path that it was opened by. */
  openBy(pid: number): { path: string; fd: number }[] {
    return [...this.#open].filter(({ holders }) => holders.has(pid));
  }

  /** Closes every descriptor. */
  close(): void {
    for (const { fd } of this.#open) closeSync(fd);
    this.#open.clear();
  }

  #take(path: string, holder: number): LockFile | null {
    const fd = openLock(path)!;
    if (this.#isLocked(fd)) {
      closeSync(fd);
      return null;
    }
    const description = { path, fd, holders: new Set([holder]) };
    this.#open.add(description);
    const { isCurrent } = adoptLock(fd, path);
    return { path, fd, isCurrent, close: () => this.#letGo(description, holder) };
  }

  #isLocked(fd: number): boolean {
    return [...this.#open].some((each) => isSame(fstatSync(each.fd, BIG), fstatSync(fd, BIG)));
  }

  #letGo(description: Description, pid: number): void {
    if (!description.holders.delete(pid) || description.holders.size > 0) return;
    this.#open.delete(description);
    closeSync(description.fd);
  }
}

const BIG = { bigint: true } as const;

function leadsTo({ path: openedAs, fd }: Description, path: string): "path" | "deleted" | null {
  const now = lstatSync(path, { ...BIG, throwIfNoEntry: false });
  if (now !== undefined && isSame(now, fstatSync(fd, BIG))) return "path";
  return openedAs === path ? "deleted" : null;
}

function isSame(a: { dev: bigint; ino: bigint }, b: { dev: bigint; ino: bigint }): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}
