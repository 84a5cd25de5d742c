import { toFailure } from "../errors/failure.ts";
import { LocalError } from "../errors/local_error.ts";
import { DEFAULT_GRACE_MS, type Instance } from "../instance/context.ts";
import { type GuardedLock, guardLocks, type HeldHome, NO_FILE } from "../instance/lock_guard.ts";
import type { PidRecord } from "../instance/pid_file_format.ts";
import { identityOf } from "../platform/files/file_identity.ts";
import type { LockFile } from "../platform/locks/lock_file.ts";
import type { ProcessExit } from "../platform/spawn/spawn_options.ts";
import { claimLock, lockHeld } from "./claim_lock.ts";
import { PidFileWriter } from "./pid_file_writer.ts";
import type { Launch, Program } from "./program.ts";
import type { Event } from "./states.ts";
import { terminate, Termination, type TerminationResult, type TerminationTarget } from "./terminate.ts";
import { type TrackedProcess, UNKNOWN_EXIT } from "./tracked_process.ts";

/** Failures that a retry cannot help: another process has what this one needs. */
const FINAL_CODES: readonly string[] = ["port-taken", "database-busy", "lock-failed", "home-unusable"];

/** Where a manager reports. */
export interface ManagerListener {
  dispatch(event: Event): void;
  /** Something that a person should know. */
  warn(message: string): void;
}

/** The process that was terminated last: its PID, whether it took SIGKILL, and when (`System.nowMs`). */
export interface Terminated {
  pid: number;
  forced: boolean;
  atMs: number;
}

type CurrentLaunch = { attempt: number; abort: AbortController; termination: Termination; done: Promise<void> };

/**
 * Keeps one process of a program at a time: launches it, tracks it, terminates it, and holds the locks that protect it
 * meanwhile. It performs what the state machine decides, and reports as events. The home is handed in, held.
 */
export class ProcessManager<Process extends TrackedProcess> {
  readonly #instance: Instance;
  readonly #program: Program<Process>;
  readonly #listener: ManagerListener;
  readonly #home: HeldHome;
  readonly #lock: GuardedLock;
  readonly #record: PidFileWriter;
  #process: Process | null = null;
  /** The process lock between two lives, so that no other supervisor gets in between. */
  #freeLock: LockFile | null = null;
  #launch: CurrentLaunch;
  #ending: Termination | null = null;
  #lastTerminated: Terminated | null = null;
  #guarding: Promise<boolean> | null = null;
  #isReleased = false;
  #isHomeAbandoned = false;

  constructor(instance: Instance, program: Program<Process>, home: HeldHome, listener: ManagerListener) {
    this.#instance = instance;
    this.#program = program;
    this.#listener = listener;
    this.#record = new PidFileWriter(instance, (message) => listener.warn(message));
    this.#home = home;
    this.#lock = { path: instance.paths.processLock, held: null, substitute: null };
    this.#launch = this.#newLaunch(0);
  }

  /** The process that is alive, as far as is known; it need not be ready. */
  get process(): Process | null {
    return this.#process;
  }

  /** The last process that was terminated on purpose. */
  get lastTerminated(): Terminated | null {
    return this.#lastTerminated;
  }

  /**
   * Checks that the lock paths still lead to our locks, and reports it when they do not; called twice at once, it looks once.
   *
   * @returns whether the home and its locks are still ours
   */
  guard(): Promise<boolean> {
    return this.#guarding ??= this.#guard().finally(() => {
      this.#guarding = null;
    });
  }

  async #guard(): Promise<boolean> {
    let verdict;
    try {
      verdict = await guardLocks(this.#home, this.#lock, this.#instance);
    } catch (error) {
      // No file is at the path that another supervisor could have locked: a folder stands there, or the disk is full.
      this.#instance.log.note("guard failed", { why: toFailure(error).message });
      return true;
    }
    if (verdict.kind === "superseded") this.#listener.dispatch({ kind: "superseded" });
    if (verdict.kind === "homeDeleted") this.#listener.dispatch({ kind: "homeDeleted", graceMs: DEFAULT_GRACE_MS });
    if (verdict.kind === "recreated") {
      this.#listener.warn(
        `Lock files were deleted under a running instance and made again: ${verdict.files.join(", ")}`,
      );
    }
    return verdict.kind === "ours" || verdict.kind === "recreated";
  }

  /** Reports at once, and not at the next poll, that a process whose end no event tells of is dead. */
  lookAtAdopted(): void {
    const process = this.#process;
    if (process?.adopted !== true || this.#instance.processes.isThere(process.pid)) return;
    this.#reportEnd(this.#launch.attempt, process, UNKNOWN_EXIT);
  }

  /** Writes the record again if it was deleted. */
  restoreRecord(): void {
    if (this.#process !== null && this.#record.isDeleted(this.#process.pid)) this.#writeRecord(this.#process);
  }

  /** Writes the record again: something that it says of the process has changed. */
  updateRecord(): void {
    if (this.#process !== null) this.#writeRecord(this.#process);
  }

  /** Removes the record of a process that is over. */
  removeRecord(): void {
    if (this.#process === null) this.#record.remove(this.#freeLock !== null);
  }

  /** Brings the process up. `ready` or `launchFailed` follows, unless a {@linkcode terminate} comes first. */
  launch(attempt: number, first: boolean): void {
    const launch = this.#launch = this.#newLaunch(attempt);
    const report = (event: Event) => {
      if (!launch.abort.signal.aborted) this.#listener.dispatch(event);
    };
    launch.done = this.#bringUp(launch, first).then(
      () => report({ kind: "ready", attempt }),
      (error: unknown) => {
        const failure = this.#failureOf(error, launch.abort.signal);
        const passing = failure.code === "not-serving"; // a worker could not connect
        report({ kind: "launchFailed", attempt, failure, final: FINAL_CODES.includes(failure.code), passing });
      },
    );
  }

  #newLaunch(attempt: number): CurrentLaunch {
    const termination = new Termination(this.#instance);
    return { attempt, abort: new AbortController(), termination, done: Promise.resolve() };
  }

  /** Between two looks at the home, a successor may have taken the lock, and with it everything else. */
  async #bringUp(launch: CurrentLaunch, first: boolean): Promise<void> {
    const { abort: { signal }, termination } = launch;
    await this.guard();
    signal.throwIfAborted();
    const lent: Launch<Process> = {
      signal,
      first,
      terminate: (target, graceMs) => this.#terminateGroup(target, graceMs, termination),
      tryLock: () => this.#ownLock(() => this.#instance.tryLock(this.#instance.paths.processLock)),
      takeLock: async () => await this.#ownLock(() => claimLock(this.#instance)) ?? this.#refuse(),
      holdLock: (lock) => {
        this.#freeLock?.close();
        this.#freeLock = lock;
      },
      track: (process, lock) => this.#track(launch, process, lock === "deleted"),
      updateRecord: () => this.updateRecord(),
      forget: () => this.#forget(),
    };
    try {
      await this.#program.bringUp(lent);
    } catch (error) {
      if (!signal.aborted) this.#forget();
      throw error;
    }
  }

  /**
   * Terminates the process, and waits until nothing of it is alive and its lock is free, which is then held for the next
   * launch. `gone` or `stuck` follows. A second call while one is under way only shortens its grace period.
   */
  terminate(graceMs: number): void {
    this.#launch.abort.abort(new LocalError("interrupted", "The launch was interrupted"));
    this.#launch.termination.shorten(graceMs);
    if (this.#ending !== null) return this.#ending.shorten(graceMs);
    const ending = this.#ending = new Termination(this.#instance);
    const over = (event: Event) => {
      this.#ending = null;
      if (!this.#isReleased) this.#listener.dispatch(event);
    };
    this.#end(graceMs, ending).then(
      () => over({ kind: "gone" }),
      (error: unknown) => over({ kind: "stuck", failure: this.#failureOf(error) }),
    );
  }

  async #end(graceMs: number, ending: Termination): Promise<void> {
    await this.#launch.done;
    await this.guard();
    const process = this.#process;
    if (process !== null && !this.#isReleased) {
      const target = { pgid: process.pid, leaderStartTime: process.startTime, leaderEnded: process.ended };
      const { forced } = await this.#terminateGroup(target, graceMs, ending);
      if (this.#isReleased) return;
      // The group is seen to be gone some ms before the runtime tells how our child ended; of an adopted one nothing tells.
      const end = process.adopted ? { ...UNKNOWN_EXIT, signal: forced ? "SIGKILL" : null } : await process.ended;
      this.#reportEnd(this.#launch.attempt, process, end);
    }
    if (this.#isReleased) return;
    this.#forget();
    if (this.#isHomeAbandoned) return; // what is locked at that path now is another instance's
    const gently = async (target: TerminationTarget) => {
      await this.#terminateGroup(target, graceMs, ending);
      return !this.#isReleased;
    };
    this.#freeLock ??= await claimLock(this.#instance, process === null ? gently : undefined);
    if (this.#freeLock === null && !this.#isReleased) this.#refuse();
  }

  /** Touches nothing at the home's path from now on: another folder may be there. */
  abandonHome(): void {
    this.#isHomeAbandoned = true;
    this.#instance.log.note("home gone", { home: this.#instance.paths.home });
  }

  /** Frees the process lock and every connection at once, and touches neither the process nor any file. */
  release(): void {
    this.#isReleased = true;
    this.#launch.abort.abort(new LocalError("interrupted", "The supervisor steps aside"));
    this.#launch.termination.cancel();
    this.#ending?.cancel();
    this.#forget();
    this.#freeLock?.close();
    this.#program.release();
  }

  async #terminateGroup(
    target: TerminationTarget,
    graceMs: number,
    termination: Termination,
  ): Promise<TerminationResult> {
    const result = await terminate(this.#instance, target, graceMs, termination);
    const { pgid: pid } = target;
    this.#instance.log.note("ended", { pid, forced: result.forced, ms: Math.round(result.ms), graceMs });
    this.#lastTerminated = { pid, forced: result.forced, atMs: this.#instance.nowMs() };
    return result;
  }

  /** The lock that is held for the next launch, else what `take` gets. */
  async #ownLock(take: () => Promise<LockFile | null>): Promise<LockFile | null> {
    const lock = this.#isReleased ? null : this.#freeLock ?? await take();
    this.#freeLock = null;
    if (!this.#isReleased) return lock;
    lock?.close(); // what would be launched from here on is another supervisor's to decide
    throw new LocalError("interrupted", "The supervisor steps aside");
  }

  #refuse(): never {
    throw lockHeld(this.#instance.paths.processLock, this.#instance.processes);
  }

  #track({ attempt }: CurrentLaunch, process: Process, isLockDeleted: boolean): void {
    const { paths, log } = this.#instance;
    this.#process = process;
    // A lock without a name is held in its stead by the one at the path.
    this.#lock.held = isLockDeleted ? NO_FILE : identityOf(paths.processLock);
    const { binary = null } = this.#writeRecord(process);
    log.transition(process.adopted ? "adopted" : "launched", { pid: process.pid, binary });
    process.ended.then((end) => this.#reportEnd(attempt, process, end));
  }

  #writeRecord(process: Process): PidRecord {
    const record = this.#program.record(process);
    this.#record.write(record);
    return record;
  }

  #reportEnd(attempt: number, process: Process, { code, signal }: ProcessExit): void {
    if (this.#process !== process) return;
    const { pid } = process;
    this.#listener.dispatch({ kind: "exited", attempt, pid, code, signal, at: new Date().toISOString() });
  }

  /** Nothing of the tracked process is alive any more, or it is another supervisor's now. */
  #forget(): void {
    this.#process = null;
    this.#lock.held = null;
    this.#lock.substitute?.close();
    this.#lock.substitute = null;
    this.#program.forget();
  }

  #failureOf(error: unknown, signal?: AbortSignal) {
    const failure = toFailure(error);
    if (failure.code === "internal" && signal?.aborted !== true) {
      this.#instance.log.note("internal error", { stack: error instanceof Error ? error.stack : String(error) });
    }
    return failure;
  }
}
