import { type Failure, toFailure } from "../errors/failure.ts";
import { LocalError } from "../errors/local_error.ts";
import { DEFAULT_GRACE_MS, type Instance, type LaunchRequest } from "../instance/context.ts";
import type { GuardVerdict } from "../instance/lock_guard.ts";
import type { ProbeResult } from "../instance/status/probe.ts";
import type { Exit } from "../instance/status/status.ts";
import type { LockFile } from "../platform/files/lock_file.ts";
import { declareSearchAttributes } from "../temporal/launch/search_attributes.ts";
import { type ManagerListener, TemporalManager } from "../temporal/manager.ts";
import type { ProcessEnd, TemporalProcess } from "../temporal/process.ts";
import { checkInMotion, type HealthVerdict, watchHealth } from "./health_monitor.ts";
import { type Action, beginMachine, type Event, type Machine, type State, type Step, step } from "./lifecycle.ts";

/** Failures that a new try can't mend: somebody else has what Temporal needs. */
const FINAL_CODES: readonly string[] = ["port-taken", "database-busy", "lock-failed", "home-unusable"];

/** No more warnings than this are kept for `status`. */
const MAX_WARNINGS = 20;

/**
 * Supervises one instance: feeds what happens into the table of states (`lib/supervisor/lifecycle.ts`) and performs the
 * actions that come out of it.
 */
export class Supervisor implements ManagerListener {
  readonly manager: TemporalManager;
  readonly startedAt: Date = new Date();
  /** Health checks that failed, since the supervisor came up. */
  failedChecks = 0;
  /** While Temporal stands still for a snapshot, nobody is told that it is not well, and no other one begins. */
  standstill: Promise<unknown> = Promise.resolve();
  /** Resolves when nothing is left to supervise; the locks are still held. */
  readonly over: Promise<void>;
  readonly #instance: Instance;
  readonly #watchers = new Set<() => void>();
  #machine: Machine = beginMachine().machine;
  #lastExit: Exit | null = null;
  #hang: string | null = null;
  #isDeposed = false;
  readonly #warnings: string[] = [];
  /** Those about the Temporal of the last launch: the next one may have none. */
  #launchWarnings: readonly string[] = [];
  #dead: TemporalProcess | null = null;
  #launch = new AbortController();
  /** Cuts the grace period of what the launch ends itself: an earlier Temporal that it replaces. */
  #patience = new AbortController();
  #launched: Promise<void> = Promise.resolve();
  #ending: { patience: AbortController; deadlineMs: number } | null = null;
  #unwatch: () => void = () => {};
  #retry: ReturnType<typeof setTimeout> | undefined;
  #quit: () => void = () => {};

  constructor(instance: Instance, launchRequest: LaunchRequest, lock: LockFile) {
    this.#instance = instance;
    this.manager = new TemporalManager(instance, launchRequest, lock, this);
    this.over = new Promise((resolve) => {
      this.#quit = resolve;
    });
  }

  /** Begins: reconciles with what an earlier supervisor left, and launches if that was nothing. */
  begin(): void {
    this.#apply(beginMachine(), "start");
  }

  get state(): State {
    return this.#machine.state;
  }

  /** Restarts after a crash or a hang. */
  get restarts(): number {
    return this.#machine.restarts;
  }

  get lastExit(): Exit | null {
    return this.#lastExit;
  }

  /** Feeds an event into the table. */
  dispatch(event: Event): void {
    const { restartPolicy: policy, healthPolicy: { failuresUntilHung } } = this.#instance;
    const context = { nowMs: performance.now(), random: Math.random(), policy, failuresUntilHung };
    this.#apply(step(this.#machine, event, context), event.kind, event);
  }

  /** Resolves with what `pick` gives as soon as that is not null; it is asked after each step. */
  until<Picked>(pick: () => Picked | null): Promise<Picked> {
    return new Promise((resolve) => {
      const look = () => {
        const picked = pick();
        if (picked === null) return;
        this.#watchers.delete(look);
        resolve(picked);
      };
      this.#watchers.add(look);
      look();
    });
  }

  warn(message: string): void {
    this.#instance.log.note("warning", { message });
    if (!this.#warnings.includes(message) && this.#warnings.length < MAX_WARNINGS) this.#warnings.push(message);
  }

  /** What a person should know. */
  get warnings(): readonly string[] {
    return [...this.#warnings, ...this.#launchWarnings];
  }

  ended(temporal: TemporalProcess, { code, signal }: ProcessEnd): void {
    const isWanted = this.state.kind === "stopping";
    const reason = this.#hang ?? (isWanted ? "stopped" : code === 0 ? "exited by itself" : "crashed");
    this.#hang = null;
    this.#dead = temporal;
    this.#lastExit = { code, signal, at: new Date().toISOString(), reason };
    this.#instance.log.transition("exited", { pid: temporal.pid, ...this.#lastExit });
    this.dispatch({ kind: "exited", exit: this.#lastExit });
  }

  /** Whether another supervisor has taken the place of this one, which touches nothing any more. */
  get isSuperseded(): boolean {
    return this.#isDeposed;
  }

  /** Looks after the locks, and steps down when another supervisor has them. */
  async guard(): Promise<GuardVerdict["kind"]> {
    let verdict: GuardVerdict;
    try {
      verdict = await this.manager.guard();
    } catch (error) {
      // No file stands at the path that anybody could lock, so that nobody has: a folder, a full disk.
      this.#instance.log.note("guard failed", { why: this.#failureOf(error).message });
      return "ours";
    }
    if (verdict.kind === "superseded") this.#stepDown();
    if (verdict.kind === "homeDeleted") this.#leaveHome();
    if (verdict.kind === "mended") {
      this.warn(`Lock files were deleted under a running instance and made again: ${verdict.files.join(", ")}`);
    }
    return verdict.kind;
  }

  /** Whatever is at the home's path now: our Temporal has lost its data, and nobody could reach us. */
  #leaveHome(): void {
    if (this.manager.isHomeDeleted) return;
    this.manager.isHomeDeleted = true;
    this.#instance.log.note("home gone", { home: this.#instance.paths.home });
    this.dispatch({ kind: "stop", graceMs: DEFAULT_GRACE_MS });
  }

  /** Leaves Temporal and every file as they are, because they are another supervisor's now: frees what is held. */
  #stepDown(): void {
    if (this.#isDeposed) return;
    this.#isDeposed = true;
    this.#instance.log.note("deposed", { why: "another supervisor holds this home's lock" });
    this.#unwatch();
    clearTimeout(this.#retry);
    this.#launch.abort(new LocalError("interrupted", "The supervisor steps down"));
    this.manager.release();
    this.#quit();
  }

  #apply({ machine, actions }: Step, on: string, event?: Event): void {
    const from = this.#machine.state.kind;
    this.#machine = machine;
    if (from !== machine.state.kind || event === undefined) {
      const failure: Failure | null = event !== undefined && "failure" in event ? event.failure : null;
      this.#instance.log.transition(machine.state.kind, {
        from: event === undefined ? null : from,
        on,
        restarts: machine.restarts,
        ...(failure === null ? {} : { failure }),
      });
    }
    for (const action of actions) this.#perform(action);
    for (const look of [...this.#watchers]) look();
  }

  #perform(action: Action): void {
    switch (action.kind) {
      case "launch":
        return this.#startLaunch();
      case "end":
        return this.#startEnd(action.graceMs);
      case "watch":
        this.#unwatch = watchHealth(
          this.#instance.healthPolicy,
          (timeoutMs) => checkInMotion(() => this.standstill, () => this.#checkHealth(timeoutMs)),
          (verdict, problem) => this.#onHealth(verdict, problem),
        );
        return;
      case "unwatch":
        return this.#unwatch();
      case "schedule":
        clearTimeout(this.#retry); // a restart may have cut the last wait short
        this.#retry = setTimeout(() => this.dispatch({ kind: "due" }), action.delayMs);
        return;
      case "noteHang":
        this.#hang = `hung: ${action.failures} health checks in a row failed`;
        return;
      case "quit":
        clearTimeout(this.#retry);
        return this.#quit();
    }
  }

  async #checkHealth(timeoutMs: number): Promise<ProbeResult> {
    try {
      return await this.manager.probe?.serving(timeoutMs) ?? { ok: false, problem: "there is no Temporal any more" };
    } catch (error) {
      return { ok: false, problem: this.#failureOf(error).message };
    }
  }

  #onHealth(verdict: HealthVerdict, problem: string): void {
    if (verdict !== "healthy") {
      this.failedChecks++;
      this.#instance.log.note("health check failed", { verdict, problem });
    }
    if (verdict !== "inconclusive") this.dispatch({ kind: verdict });
  }

  #startLaunch(): void {
    const launch = this.#launch = new AbortController();
    this.#patience = new AbortController();
    const rotates = this.state.kind === "starting" && this.state.first;
    this.#launched = this.#bringUp(launch.signal, this.#patience.signal, rotates).then(
      () => {
        if (launch.signal.aborted) return;
        this.dispatch({ kind: "ready" });
        // What it was told of while it was starting, it took for the launch's own to tell.
        const isDead = this.#dead !== null && this.#dead === this.manager.temporal;
        if (isDead) this.dispatch({ kind: "exited", exit: this.#lastExit! });
      },
      (error: unknown) => {
        if (launch.signal.aborted) return; // whoever aborted it ends what it left
        const failure = this.#failureOf(error);
        this.dispatch({ kind: "launchFailed", failure, final: FINAL_CODES.includes(failure.code) });
      },
    );
  }

  /** Between two looks at the home, a successor may have taken the lock, and with it everything else. */
  async #bringUp(signal: AbortSignal, patience: AbortSignal, rotates: boolean): Promise<void> {
    await this.guard();
    signal.throwIfAborted();
    const { settings } = await this.manager.bringUp(signal, patience, rotates);
    this.#launchWarnings = await declareSearchAttributes(this.#instance, settings, signal);
  }

  async #end(graceMs: number, patience: AbortSignal): Promise<void> {
    await this.#launched;
    if (await this.guard() === "superseded") return;
    await this.manager.end(graceMs, patience);
    if (!this.#isDeposed) this.#endDone({ kind: "gone" });
  }

  /** A second end while one is under way only shortens its grace period. */
  #startEnd(graceMs: number): void {
    this.#launch.abort(new LocalError("interrupted", "The launch was interrupted"));
    const launchPatience = this.#patience;
    const timer = setTimeout(() => launchPatience.abort(), graceMs);
    this.#launched.finally(() => clearTimeout(timer));
    const deadlineMs = performance.now() + graceMs;
    if (this.#ending !== null) {
      if (deadlineMs >= this.#ending.deadlineMs) return;
      this.#ending.deadlineMs = deadlineMs;
      const { patience } = this.#ending;
      setTimeout(() => patience.abort(), graceMs);
      return;
    }
    const ending = this.#ending = { patience: new AbortController(), deadlineMs };
    this.#end(graceMs, ending.patience.signal).catch((error: unknown) => {
      this.#endDone({ kind: "stuck", failure: this.#failureOf(error) });
    });
  }

  #endDone(event: Event): void {
    this.#ending = null;
    this.dispatch(event);
  }

  #failureOf(error: unknown): Failure {
    const failure = toFailure(error);
    if (failure.code === "internal") {
      this.#instance.log.note("internal error", { stack: error instanceof Error ? error.stack : String(error) });
    }
    return failure;
  }
}
