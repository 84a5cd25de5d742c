import { basename } from "node:path";
/** One process as the kernel describes it now. */
export interface ProcessInfo {
  pid: number;
  /** Process group. */
  pgid: number;
  /** Session. */
  sid: number;
  parentPid: number;
  /** `Z` and `X` are dead: nothing runs in them, they only wait to be reaped. `T` is stopped. */
  state: string;
  /**
   * When it started, in a unit of the platform's own that two readings of the same process share:
   * Linux: clock ticks since boot (proc(5), stat field 22); macOS: the text of `ps -o lstart`.
   */
  startTime: string;
  /** The real path of its executable (`/proc/PID/exe`, without ` (deleted)`), or null when it can't be read. */
  executable: string | null;
  /** Its command line, arguments parted by spaces, at most 300 characters; the bare name when the line is empty. */
  command: string;
}

/** A process that has something of interest, for an answer that names it. */
export interface Holder {
  pid: number;
  command: string;
}

/** A listening TCP socket and who has it. `pid` is null when the holder can't be seen (another user's). */
export interface Listener {
  /** `127.0.0.1`, `::1`, `0.0.0.0`, `::` … */
  address: string;
  port: number;
  pid: number | null;
  command: string | null;
}

/** A file that a lock was looked for on. */
export interface LockHolder extends Holder {
  /** The holder's descriptor shows the lock on the path's present inode, or on one that was deleted from the path. */
  on: "path" | "deleted";
}

/**
 * What the platform can tell of processes. One implementation per platform (`processes_linux.ts`,
 * `processes_darwin.ts`), chosen in `processes_here.ts`. Nothing here signals or locks anything.
 * A process that vanishes while it is looked at counts as absent, never as an error.
 */
export interface Processes {
  /** A word that changes with each boot: Linux `/proc/sys/kernel/random/boot_id`, macOS `sysctl kern.boottime`. */
  bootId(): string;
  /** The process, or null when there is none (a zombie is there: see `state`). */
  inspect(pid: number): ProcessInfo | null;
  /**
   * Whether something runs under this PID, whoever that is: cheap enough to be asked several times a second. macOS counts
   * zombies, and ones that nobody reaps stay: {@linkcode inspect} tells more.
   */
  isThere(pid: number): boolean;
  /** The full argument vector, or null when it can't be read (macOS: parsed from `ps`, so arguments with spaces are parted). */
  argv(pid: number): string[] | null;
  /** The members of process group `pgid` that are not dead (`Z`, `X`), in no order. */
  liveGroupMembers(pgid: number): ProcessInfo[];
  /**
   * Who holds a flock(2) on the file at `path`. Looks at `firstPid` alone before it scans every process.
   * Takes no lock. Sees only processes of this user, unless we are root.
   */
  lockHolders(path: string, firstPid?: number): LockHolder[];
  /**
   * Processes, ourselves left out, that have the file at `path` open for writing, or are servers that name its real path
   * in their arguments. Who only reads it (a copy, a backup) serves nobody from it.
   */
  fileUsers(path: string): Holder[];
  /**
   * Whether a process has a lock of fcntl(2) for writing on the file at `path`: under SQLite, a transaction that writes.
   * Null where that can't be told.
   */
  hasWriteLock(pids: readonly number[], path: string): boolean | null;
  /** Whether group `pgid` has live members and every thread of them is stopped: none runs before SIGCONT. */
  isGroupStopped(pgid: number): boolean;
  /** Processes, ourselves left out, whose working folder is `folder` or one within it. */
  processesIn(folder: string): Holder[];
  /** Who listens on TCP `port`, on any address. Costs 3–15 ms (the kernel walks its socket table). */
  listeners(port: number): Listener[];
  /** Whether process `pid`, or a live member of group `pid`, listens on `port`. */
  groupListensOn(pgid: number, port: number): boolean;
}

/** Whether nothing runs in the process any more. */
export function isDead(process: Pick<ProcessInfo, "state">): boolean {
  return process.state === "Z" || process.state === "X";
}

/** Whether the process that had this PID at that start time, as the kernel tells it, is alive. */
export function isStillThere({ pid, startTime }: { pid: number; startTime: string }, processes: Processes): boolean {
  const seen = processes.inspect(pid);
  return seen !== null && !isDead(seen) && seen.startTime === startTime;
}

/** The name that a process goes by in messages: `temporal (pid 123)`. */
export function describeProcess(process: ProcessInfo): string {
  const name = process.executable === null ? process.command.split(" ")[0]! : basename(process.executable);
  return `${name} (pid ${process.pid})`;
}
