import { basename } from "node:path";
/** A process as the kernel reports it. */
export interface ProcessInfo {
  pid: number;
  /** Process group. */
  pgid: number;
  /** Session. On macOS 0 if unknown, and -1 if it is another one than that of the group's leader. */
  readonly sid: number;
  /** `Z` and `X` are dead: exited and not reaped yet. `T` is stopped. */
  state: string;
  /**
   * Its start time, in a platform-specific form that is stable for a process: on Linux clock ticks since boot (proc(5),
   * stat field 22), on macOS the text of `ps -o lstart` in UTC.
   */
  startTime: string;
  /**
   * The real path of its executable (`/proc/PID/exe`, without ` (deleted)`; the first `txt` of lsof on macOS, looked up
   * when this is read); null if it can't be read.
   */
  readonly executable: string | null;
  /** Its command line, arguments separated by spaces, at most 300 characters; its name if the command line is empty. */
  command: string;
}

/** A process that holds something, to be named in messages. */
export interface Holder {
  pid: number;
  readonly command: string;
}

/** A listening TCP socket and its process. `pid` is null if the process is not visible (another user's). */
export interface Listener {
  /** `127.0.0.1`, `::1`, `0.0.0.0`, `::` … */
  address: string;
  port: number;
  pid: number | null;
  command: string | null;
}

/** A process that holds a lock. */
export interface LockHolder extends Holder {
  /** Whether the lock is on the file at the path now, or on one that was deleted from it. */
  on: "path" | "deleted";
}

/**
 * Process inspection. One implementation per platform (`processes_linux.ts`, `processes_darwin.ts`), chosen in
 * `processes_here.ts`. Sends no signals and takes no locks. A process that exits during a call counts as absent and
 * never causes an error.
 */
export interface Processes {
  /**
   * An ID that changes with each boot: Linux `/proc/sys/kernel/random/boot_id`, macOS `sysctl kern.bootsessionuuid`.
   */
  bootId(): string;
  /** The process; null if there is none. A zombie is returned: see `state`. */
  inspect(pid: number): ProcessInfo | null;
  /**
   * Whether any process has this PID; cheap enough to call several times a second. On macOS zombies count, even if
   * their parent never reaps them: {@linkcode inspect} distinguishes them.
   */
  isThere(pid: number): boolean;
  /**
   * The start time of process `pid`; null if it is dead or there is none. Does not block: for what is asked regularly.
   */
  startTimeLater(pid: number): Promise<string | null>;
  /**
   * The full argument vector; null if it can't be read. On macOS it is parsed from `ps`, which splits arguments at
   * spaces.
   */
  argv(pid: number): string[] | null;
  /** Whether process `pid` was started with `entry` (`NAME=value`) in its environment. False on macOS, which shows none. */
  hasInEnvironment(pid: number, entry: string): boolean;
  /** The members of process group `pgid` that are not dead (`Z`, `X`), in no particular order. */
  liveGroupMembers(pgid: number): ProcessInfo[];
  /**
   * The processes that hold a flock(2) on the file at `path`. Checks `firstPid` before it scans every process. Takes no
   * lock. Sees only processes of this user, unless run by root.
   */
  lockHolders(path: string, firstPid?: number): LockHolder[];
  /** The paths of the files on which process `pid` holds a flock(2), also of deleted ones. Takes no lock. */
  lockedFiles(pid: number): string[];
  /**
   * Those of `paths` that some process holds a flock(2) on, also on a file that was deleted from there: one look at all
   * processes for all of them. Takes no lock.
   */
  heldLocks(paths: readonly string[]): string[];
  /** Whether a member of group `pgid` holds a flock(2) on the file at `path`. */
  groupHolds(pgid: number, path: string): boolean;
  /**
   * Other processes that have the file at `path` open for writing, or are dev servers with its real path in their
   * arguments. Processes that only read it (a copy, a backup) do not count.
   */
  fileUsers(path: string): Holder[];
  /**
   * Whether one of the processes holds an fcntl(2) write lock on the file at `path`: for SQLite, a write transaction.
   * Null if unknown.
   */
  hasWriteLock(pids: readonly number[], path: string): boolean | null;
  /**
   * The memory of the processes in bytes, those that are dead or not visible left out. On Linux their proportional set
   * size: the private pages, and a share of those that other processes map too; on macOS the resident set size.
   */
  memoryBytes(pids: readonly number[]): number;
  /** Whether group `pgid` has live members and all their threads are stopped (until SIGCONT). */
  isGroupStopped(pgid: number): boolean;
  /** Other processes whose working directory is `folder` or within it. */
  processesIn(folder: string): Holder[];
  /** The listeners on TCP `port`, on any address. Takes 3–15 ms (the kernel walks its socket table). */
  listeners(port: number): Listener[];
  /** Whether process `pid`, or a live member of group `pid`, listens on `port`. */
  groupListensOn(pgid: number, port: number): boolean;
}

/** Whether the process has exited (and may not be reaped yet). */
export function isDead({ state }: Pick<ProcessInfo, "state">): boolean {
  return state === "Z" || state === "X";
}

/** Whether the process with this PID and start time is alive. */
export function isStillThere({ pid, startTime }: { pid: number; startTime: string }, processes: Processes): boolean {
  const seen = processes.inspect(pid);
  return seen !== null && !isDead(seen) && seen.startTime === startTime;
}

/** A process as named in messages: `temporal (pid 123)`. */
export function describeProcess({ pid, command, executable }: ProcessInfo): string {
  const name = executable === null ? command.split(" ")[0]! : basename(executable);
  return `${name} (pid ${pid})`;
}

/** The subcommand of Temporal's dev server. */
const SERVER_SUBCOMMAND = "start-dev";

/**
 * Whether `argv` is that of a Temporal dev server for one of the database files `paths`, which it may not have opened
 * yet. Other commands that name the file (an editor, this tool with `--db-filename`) do not count.
 */
export function namesDatabase(argv: readonly string[] | null, paths: readonly string[]): boolean {
  if (argv === null || !argv.includes(SERVER_SUBCOMMAND)) return false;
  return argv.some((argument) => paths.some((path) => argument === path || argument.endsWith(`=${path}`)));
}
