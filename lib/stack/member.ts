import type { ProcessSettings } from "../config/processes.ts";
import { type Failure, toFailure } from "../errors/failure.ts";
import type { Instance } from "../instance/context.ts";
import type { HeldHome } from "../instance/lock_guard.ts";
import { processLog } from "../instance/paths.ts";
import type { ProcessStatus } from "../instance/status/status.ts";
import { rotateLogBySize } from "../logs/rotate_log.ts";
import { noteGrowth } from "../logs/time_index.ts";
import { unlessAborted } from "../platform/runtime/delay.ts";
import type { Changes } from "../process/changes.ts";
import { failureIn, isLeaving, isOver, type Machine, ownsFiles } from "../process/states.ts";
import { Supervised } from "../process/supervised.ts";
import { endRecorded, instanceOf } from "./leftovers.ts";
import { type StackProcess, StackProgram } from "./program.ts";
import { SILENT_MS } from "./ready_check.ts";
import type { Surroundings } from "./surroundings.ts";
import { OwnChanges } from "./watch/own_changes.ts";
import { type FileWatch, watchFiles } from "./watch/watch_files.ts";

/** How often a process that is ready is checked, in s; its exit is told at once. */
const HEALTH_INTERVAL_S = 15;

/** So many changed files are logged. */
const NAMED_PATHS = 5;

/** What members of a stack share. */
export interface MemberContext {
  instance: Instance;
  home: HeldHome;
  surroundings: Surroundings;
  warn: (message: string) => void;
  /** Told after each change of a member's state, and of its {@linkcode Member.outcome}. */
  changes: Changes;
}

/** How a start went: why the process failed, or is known not to become ready; null if it is ready. */
export interface Outcome {
  failure: Failure | null;
}

/** One run of a process, from a start until it is stopped or has failed. */
interface Run {
  supervised: Supervised<StackProcess>;
  program: StackProgram;
  /** Resolves when nothing of it is alive, its lock is free and its record is gone. */
  over: Promise<void>;
}

/** One declared process. */
export class Member {
  readonly #context: MemberContext;
  readonly #instance: Instance;
  #settings: ProcessSettings;
  #run: Run | null = null;
  #watch: FileWatch | null = null;
  #ownChanges = new OwnChanges();
  /** How much of its log is in its time index, in bytes. */
  #notedBytes = -1;
  /** How many starts wait for the end of the run before. */
  #startsWaiting = 0;
  /** Whether it is to run: it was not stopped by its name. */
  isWanted = true;

  constructor(context: MemberContext, settings: ProcessSettings) {
    this.#context = context;
    this.#settings = settings;
    this.#instance = instanceOf(context.instance, settings.name);
  }

  get settings(): ProcessSettings {
    return this.#settings;
  }

  /** Whether a process of it is alive, or about to be. */
  get isActive(): boolean {
    return this.#run !== null && !isOver(this.#run.supervised.machine.state);
  }

  /** Whether it is to run as its settings say: it is active, or will be once Temporal serves. */
  get isDue(): boolean {
    return this.isActive || (this.isWanted && this.#run === null);
  }

  /** Whether its process is being stopped for good. */
  get #isEnding(): boolean {
    return this.#run !== null && isLeaving(this.#run.supervised.machine.state);
  }

  get isReady(): boolean {
    return this.#run?.supervised.machine.state.kind === "running";
  }

  /** Why it has failed; null if it has not. */
  get failure(): Failure | null {
    return this.#run === null ? null : failureIn(this.#run.supervised.machine.state);
  }

  /** What keeps its files from being watched, or changes them all the time, while that lasts. */
  get warnings(): string[] {
    const messages = [...this.#watch?.warnings ?? [], this.#ownChanges.warning];
    return messages.flatMap((message) => message === null ? [] : `${this.#settings.name}: ${message}`);
  }

  /** Its next run is as `settings` say. One that is active keeps those that it has. */
  declare(settings: ProcessSettings): void {
    if (!this.isActive) this.#settings = settings;
  }

  /** How its start went; null while that is not decided. */
  get outcome(): Outcome | null {
    if (this.#startsWaiting > 0) return null;
    if (this.#run === null) return { failure: null };
    const { supervised: { machine: { state } }, program } = this.#run;
    const failure = failureIn(state) ?? program.refutal;
    const isDecided = failure !== null || state.kind === "running" || state.kind === "unhealthy" || isOver(state);
    if (!isDecided) return null;
    if (failure !== null || this.isWanted) return { failure };
    const { name } = this.#settings;
    return {
      failure: { code: "interrupted", message: `${name} was stopped before it was ready`, facts: { process: name } },
    };
  }

  /** Starts it unless it is active. The next run is as `settings` say. */
  async start(settings: ProcessSettings = this.#settings): Promise<void> {
    this.isWanted = true;
    if (this.isActive && !this.#isEnding) return;
    this.#startsWaiting++;
    await this.#run?.over;
    this.#startsWaiting--;
    if (!this.isActive && this.isWanted) {
      this.#settings = settings;
      this.#openWatch();
      this.#run = this.#newRun();
      this.#run.supervised.begin();
    }
    this.#context.changes.tell();
  }

  /** Terminates it gracefully and starts it anew, as `settings` say. */
  async restart(settings: ProcessSettings = this.#settings): Promise<void> {
    const run = this.#run;
    if (run === null || !this.isActive || this.#isEnding) return await this.start(settings);
    if (JSON.stringify(settings) !== JSON.stringify(this.#settings)) {
      await this.stop(Infinity, false);
      return await this.start(settings);
    }
    this.isWanted = true;
    run.program.refutal = null; // another process follows
    run.supervised.dispatch({ kind: "restart", graceMs: this.#settings.stopTimeoutMs });
  }

  /**
   * Ends what is alive of it. Resolves when nothing is.
   *
   * @param graceMs At most so long; its own `stop_timeout` counts, too.
   * @param byName It stays stopped until it is started by its name or with all others.
   */
  async stop(graceMs: number, byName: boolean): Promise<void> {
    if (byName) this.isWanted = false;
    this.#closeWatch();
    this.#ownChanges = new OwnChanges();
    const run = this.#run;
    if (run === null) {
      return await endRecorded(this.#context.instance, this.#settings.name, graceMs); // an earlier supervisor left it
    }
    run.supervised.dispatch({ kind: "stop", graceMs: Math.min(graceMs, this.#settings.stopTimeoutMs) });
    await run.over;
    if (this.#run === run) this.#run = null;
  }

  /** Looks after its lock, record and log; called each second. */
  async lookAfter(): Promise<void> {
    const run = this.#run;
    if (run === null || !this.isActive) return;
    if (await run.supervised.manager.guard()) run.supervised.manager.restoreRecord();
    const nowMs = Date.now();
    this.#notedBytes = noteGrowth(run.program.log, nowMs, this.#notedBytes);
    rotateLogBySize(run.program.log, this.#context.instance.policy, nowMs);
  }

  /** Frees its locks and connections, and leaves the process alone. */
  release(): void {
    this.#closeWatch();
    this.#run?.supervised.release();
  }

  status(): ProcessStatus {
    const { name } = this.#settings;
    const log = processLog(this.#instance.paths, name);
    const run = this.#run;
    const { waitsFor } = this.#context.surroundings;
    if (run === null) {
      const detail = this.isWanted ? waitsFor(this.#settings.dependsOn) : null;
      return { ...NOT_RUNNING, name, detail, state: this.isWanted ? "starting" : "stopped", log };
    }
    const { supervised: { machine, manager: { process } }, program } = run;
    const { state, restarts, lastExit } = machine;
    const { taskQueues } = program;
    return {
      name,
      state: state.kind === "superseded" ? "stopped" : state.kind,
      ready: state.kind === "running",
      detail: state.kind === "failed" && this.#watch !== null
        ? "it starts again after a change"
        : state.kind === "backoff"
        ? whyAgain(machine)
        : program.problem,
      pid: process?.pid ?? null,
      startedAt: process === null ? null : new Date(process.startedAtMs).toISOString(),
      adopted: process?.adopted ?? false,
      restarts,
      lastExit,
      ...(taskQueues.length === 0 ? {} : { taskQueues }),
      ...(state.kind === "failed" ? { failure: state.failure } : {}),
      log,
    };
  }

  /** Restarts it when a file changes, also after it has failed: the code may not have compiled. */
  #openWatch(): void {
    const { name, watch, project } = this.#settings;
    this.#closeWatch();
    if (watch.length === 0) return;
    const { instance } = this.#context;
    this.#watch = watchFiles(watch, {
      project,
      ignored: [instance.paths.home],
      warn: (message) => instance.log.note("warning", { message: `${name}: ${message}` }),
      onChange: (paths) => {
        this.#instance.log.note("changed", { paths: paths.slice(0, NAMED_PATHS), count: paths.length });
        if (!this.isWanted) return;
        const { manager, machine } = this.#run?.supervised ?? {};
        const exitedAtMs = machine?.lastExit == null ? null : Date.parse(machine.lastExit.at);
        const atMs = manager?.process?.startedAtMs ?? exitedAtMs;
        this.#ownChanges.add(paths[0] ?? "", atMs === null ? null : Date.now() - atMs);
        void this.restart();
      },
    });
  }

  #closeWatch(): void {
    this.#watch?.close();
    this.#watch = null;
  }

  #newRun(): Run {
    const { instance, home, surroundings, warn, changes } = this.#context;
    const settings = this.#settings;
    const watch = this.#watch;
    const whenReady: Surroundings["whenReady"] = async (names, signal) => {
      await surroundings.whenReady(names, signal);
      await unlessAborted(watch?.ready ?? Promise.resolve(), signal); // else a change right after the launch is missed
    };
    const seen = { ...surroundings, whenReady };
    const program = new StackProgram(this.#instance, settings, seen, () => changes.tell());
    const { restartWhenSilentMs } = settings;
    const healthFailures = restartWhenSilentMs === null
      ? Infinity
      : 1 + Math.max(0, Math.ceil((restartWhenSilentMs - SILENT_MS) / 1000 / HEALTH_INTERVAL_S));
    const supervised = new Supervised({
      instance: this.#instance,
      program,
      home,
      policy: () => ({
        ...instance.policy,
        healthIntervalS: HEALTH_INTERVAL_S,
        healthTimeoutS: HEALTH_INTERVAL_S,
        healthFailures,
      }),
      warn,
      changes,
    });
    return { supervised, program, over: this.#tidyAfter(supervised) };
  }

  async #tidyAfter(supervised: Supervised<StackProcess>): Promise<void> {
    await supervised.over();
    try {
      if (ownsFiles(supervised.machine)) supervised.manager.removeRecord();
    } catch (error) { // it describes a process that is dead: harmless
      this.#instance.log.note("record not removed", { why: toFailure(error).message });
    }
    supervised.release();
  }
}

const NOT_RUNNING = { ready: false, pid: null, startedAt: null, adopted: false, restarts: 0, lastExit: null } as const;

/** Why it is about to be launched again. */
function whyAgain({ launchFailure, lastExit }: Machine): string | null {
  if (launchFailure !== null) return launchFailure.message;
  return lastExit === null
    ? null
    : `${lastExit.reason} (${lastExit.signal ?? `exit code ${lastExit.code ?? "unknown"}`})`;
}
