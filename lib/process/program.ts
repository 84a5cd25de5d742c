import type { Proof } from "../instance/find_process.ts";
import type { PidRecord } from "../instance/pid_file_format.ts";
import type { ProbeResult } from "../instance/status/probe.ts";
import type { LockFile } from "../platform/locks/lock_file.ts";
import type { TerminationTarget } from "./terminate.ts";
import type { TrackedProcess } from "./tracked_process.ts";

/** What a manager lends to one launch. */
export interface Launch<Process extends TrackedProcess> {
  /** Aborts when the launch is over: a stop, a restart, a supervisor that steps aside. What was spawned is terminated by the manager. */
  signal: AbortSignal;
  /** A person asked for this launch; false: it is a restart after a crash. */
  first: boolean;
  /** Terminates a process group of this instance that is in the way, or does not become ready. */
  terminate(target: TerminationTarget, graceMs: number): Promise<unknown>;
  /** Whether the process lock is free; the manager holds it then until {@linkcode takeLock} or {@linkcode track}. */
  tryLock(): Promise<boolean>;
  /**
   * Lets the manager hold the process lock, after terminating whatever else of the instance has it.
   *
   * @throws {LocalError} `lock-failed`, `interrupted` once the supervisor has stepped aside
   */
  claimLock(): Promise<void>;
  /** The process lock, claimed where it is not held, to be inherited by what is spawned; the launch closes it. */
  takeLock(): Promise<LockFile>;
  /**
   * From now on this process is the one that is recorded, and that a stop terminates. To be called as soon as there is one.
   *
   * @param proof How it was found; without its lock, the one at the path is held in its stead. @default it inherited the lock
   */
  track(process: Process, proof?: Proof): void;
  /** Writes the record of the tracked process again: something in it has changed. */
  updateRecord(): void;
  /** Nothing of the tracked process is alive any more: another try may follow. */
  forget(): void;
}

/** The program that a manager keeps running: how it is brought up, checked and described. */
export interface Program<Process extends TrackedProcess> {
  /** How messages name it. */
  readonly name: string;
  /**
   * Brings up a process that is ready: the first time it may be one that an earlier supervisor left, which is adopted.
   * When this fails, nothing of it is left; when `signal` aborts, what was spawned is still there.
   *
   * @throws {LocalError} why it did not become ready
   * @throws the reason of `signal`
   */
  bringUp(launch: Launch<Process>): Promise<Process>;
  /** Whether `process`, which was ready, still works; at most so long. */
  check(process: Process, timeoutMs: number): Promise<ProbeResult>;
  /** What the PID file says of `process`. */
  record(process: Process): PidRecord;
  /** Nothing of the tracked process is alive any more, or it is another supervisor's. */
  forget(): void;
  /** Frees what is held beside the process. The supervisor leaves. */
  release(): void;
}
