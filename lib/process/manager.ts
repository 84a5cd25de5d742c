import { DEFAULT_GRACE_MS } from "../config/policy.ts";
import { toFailure } from "../errors/failure.ts";
import { LocalError } from "../errors/local_error.ts";
import type { Instance } from "../instance/context.ts";
import { findProcess } from "../instance/find_process.ts";
import { GuardedLock, type HeldHome } from "../instance/lock_guard.ts";
import type { LockFile } from "../platform/locks/lock_file.ts";
import type { ProcessExit } from "../platform/spawn/spawn_options.ts";
import { claimLock } from "./claim_lock.ts";
import { PidFileWriter } from "./pid_file_writer.ts";
import type { Launch, Program } from "./program.ts";
import type { Event } from "./states.ts";
import { targetOf, terminate, Termination, type TerminationTarget } from "./terminate.ts";
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

/** One life: from the launch until nothing of it is alive. */
interface Attempt {
  number: number;
  /** Ends its launch. */
  abort: AbortController;
  /** Resolves when its launch is over, whatever came of it. */
  launched: Promise<void>;
  /** Of every process group that is terminated in it. */
  termination: Termination;
  isEnding: boolean;
}

/**
 * Keeps one process of a program at a time: launches it, tracks it, terminates it, and holds the locks that protect it
 * meanwhile. It performs what the state machine decides, and reports as events. The home is handed in, held.
 */
export class ProcessManager<Process extends TrackedProcess> {
  readonly #instance: Instance;
  readonly #program: Program<Process>;
  readonly #listener: ManagerListener;
  readonly #lock: GuardedLock;
  readonly #record: PidFileWriter;
  #process: Process | null = null;
  /** The process lock between two lives, so that no other supervisor gets in between. */
  #freeLock: LockFile | null = null;
  #attempt: Attempt;
  #lastTerminated: Terminated | null = null;
  #guarding: Promise<boolean> | null = null;
  /** `process`: what is at the home's path may be another instance's; `nothing`: another supervisor decides, or none. */
  #owned: "home" | "process" | "nothing" = "home";

  constructor(instance: Instance, program: Program<Process>, home: HeldHome, listener: ManagerListener) {
    this.#instance = instance;
    this.#program = program;
    this.#listener = listener;
    this.#record = new PidFileWriter(instance, (message) => listener.warn(message));
    this.#lock = new GuardedLock(home, instance.paths.processLock);
    this.#attempt = this.#newAttempt(0);
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
    return this.#guarding ??= this.#guard().finally(() => this.#guarding = null);
  }

  async #guard(): Promise<boolean> {
    let verdict;
    try {
      verdict = await this.#lock.guard(this.#instance);
    } catch (error) {
      // No file is at the path that another supervisor could have locked: a folder stands there, or the disk is full.
      this.#instance.log.note("guard failed", { why: toFailure(error).message });
      return true;
    }
    if (verdict.kind === "superseded") this.#report({ kind: "superseded" });
    if (verdict.kind === "homeDeleted") {
      if (this.#owned === "home") {
        this.#owned = "process";
        this.#instance.log.note("home gone", { home: this.#instance.paths.home });
      }
      this.#report({ kind: "homeDeleted", graceMs: DEFAULT_GRACE_MS });
    }
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
    this.#reportEnd(this.#attempt, process, UNKNOWN_EXIT);
  }

  /** Writes the record again if it was deleted. */
  restoreRecord(): void {
    if (this.#process !== null && this.#record.isDeleted(this.#process.pid)) this.updateRecord();
  }

  /** Writes the record again: something that it says of the process has changed. */
  updateRecord(): void {
    if (this.#process !== null) this.#record.write(this.#program.record(this.#process));
  }

  /** Removes the record of a process that is over. */
  removeRecord(): void {
    if (this.#process === null) this.#record.remove(this.#freeLock !== null);
  }

  /** Brings the process up. `ready` or `launchFailed` follows, also where a {@linkcode terminate} comes first. */
  launch(number: number, first: boolean): void {
    const attempt = this.#attempt = this.#newAttempt(number);
    attempt.launched = this.#bringUp(attempt, first).then(
      () => this.#report({ kind: "ready", attempt: number }),
      (error: unknown) => {
        const failure = this.#failureOf(error, attempt.abort.signal);
        const final = FINAL_CODES.includes(failure.code);
        const passing = failure.code === "not-serving"; // a worker could not connect
        this.#report({ kind: "launchFailed", attempt: number, failure, final, passing });
      },
    );
  }

  #newAttempt(number: number): Attempt {
    const termination = new Termination(this.#instance);
    return { number, abort: new AbortController(), launched: Promise.resolve(), termination, isEnding: false };
  }

  /** Between two looks at the home, a successor may have taken the lock, and with it everything else. */
  async #bringUp(attempt: Attempt, first: boolean): Promise<void> {
    const { signal } = attempt.abort;
    await this.guard();
    signal.throwIfAborted();
    const claim = () => claimLock(this.#instance);
    const lent: Launch<Process> = {
      signal,
      first,
      terminate: (target, graceMs) => this.#terminateGroup(target, graceMs, attempt),
      tryLock: async () =>
        await this.#holdLock(() => this.#instance.tryLock(this.#instance.paths.processLock)) !== null,
      claimLock: async () => void await this.#holdLock(claim),
      takeLock: async () => {
        const lock = await this.#holdLock(claim);
        this.#freeLock = null;
        return lock;
      },
      track: (process, proof = "lock") => this.#track(attempt, process, proof !== "lock"),
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
    const attempt = this.#attempt;
    attempt.abort.abort(new LocalError("interrupted", "The launch was interrupted"));
    attempt.termination.shorten(graceMs);
    if (attempt.isEnding) return;
    attempt.isEnding = true;
    this.#end(attempt, graceMs).then(
      () => this.#report({ kind: "gone" }),
      (error: unknown) => this.#report({ kind: "stuck", failure: this.#failureOf(error) }),
    );
  }

  async #end(attempt: Attempt, graceMs: number): Promise<void> {
    await attempt.launched;
    await this.guard();
    this.#requireOwned();
    const process = this.#process;
    if (process !== null) {
      const target = { pgid: process.pid, leaderStartTime: process.startTime, leaderEnded: process.ended };
      const { forced } = await this.#terminateGroup(target, graceMs, attempt);
      this.#requireOwned();
      // The group is seen to be gone some ms before the runtime tells how our child ended; of an adopted one nothing tells.
      const end = process.adopted ? { ...UNKNOWN_EXIT, signal: forced ? "SIGKILL" : null } : await process.ended;
      this.#reportEnd(attempt, process, end);
    }
    this.#requireOwned();
    this.#forget();
    if (this.#owned === "process") return;
    const { paths, processes } = this.#instance;
    // One that was looked at, and not adopted yet, works: it is not a leftover, which is killed for its lock.
    const found = process === null ? findProcess(paths, processes).found : null;
    if (found !== null) await this.#terminateGroup(targetOf(found), graceMs, attempt);
    await this.#holdLock(() => claimLock(this.#instance));
  }

  /** Frees the process lock and every connection at once, and touches neither the process nor any file. */
  release(): void {
    this.#owned = "nothing";
    this.#attempt.abort.abort(steppedAside());
    this.#attempt.termination.cancel();
    this.#forget();
    this.#freeLock?.close();
    this.#program.release();
  }

  async #terminateGroup(target: TerminationTarget, graceMs: number, { termination }: Attempt) {
    const { forced, ms } = await terminate(this.#instance, target, graceMs, termination);
    const { pgid: pid } = target;
    this.#instance.log.note("ended", { pid, forced, ms: Math.round(ms), graceMs });
    this.#lastTerminated = { pid, forced, atMs: this.#instance.nowMs() };
    return { forced };
  }

  /** The lock that is held between two lives; unless it is, what `take` gets is from now on. */
  async #holdLock<Lock extends LockFile | null>(take: () => Promise<Lock>): Promise<LockFile | Lock> {
    await this.#guarding; // it may be taking a lock in the stead of the process's
    this.#requireOwned();
    const lock = this.#freeLock ??= this.#lock.takeSubstitute() ?? await take();
    if (this.#owned === "nothing") lock?.close();
    this.#requireOwned();
    return lock;
  }

  #report(event: Event): void {
    if (this.#owned !== "nothing") this.#listener.dispatch(event);
  }

  /** Nothing more happens where another supervisor decides. */
  #requireOwned(): void {
    if (this.#owned === "nothing") throw steppedAside();
  }

  #track(attempt: Attempt, process: Process, isLockDeleted: boolean): void {
    this.#process = process;
    this.#freeLock?.close(); // it has another one
    this.#freeLock = null;
    this.#lock.watch(isLockDeleted);
    this.updateRecord();
    const { binary = null } = this.#program.record(process);
    this.#instance.log.transition(process.adopted ? "adopted" : "launched", { pid: process.pid, binary });
    process.ended.then((end) => this.#reportEnd(attempt, process, end));
  }

  #reportEnd({ number: attempt }: Attempt, process: Process, { code, signal }: ProcessExit): void {
    if (this.#process !== process) return;
    const { pid } = process;
    this.#report({ kind: "exited", attempt, pid, code, signal, at: new Date().toISOString() });
  }

  /** Nothing of the tracked process is alive any more, or it is another supervisor's now. */
  #forget(): void {
    this.#process = null;
    this.#lock.unwatch();
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

function steppedAside(): LocalError {
  return new LocalError("interrupted", "The supervisor steps aside");
}
