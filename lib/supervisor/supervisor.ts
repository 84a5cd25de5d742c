import { existsSync } from "node:fs";
import { DEFAULT_GRACE_MS, limitBesideMs } from "../config/policy.ts";
import { type ProcessSettings, unknownProcess } from "../config/processes.ts";
import type { Settings } from "../config/settings.ts";
import { type Failure, START_STOPPED } from "../errors/failure.ts";
import type { Instance, LaunchRequest } from "../instance/context.ts";
import { HeldHome } from "../instance/lock_guard.ts";
import { processesDir } from "../instance/paths.ts";
import { recordedProcesses } from "../instance/pid_file.ts";
import { statusFrame } from "../instance/status/status_frame.ts";
import type { LockFile } from "../platform/locks/lock_file.ts";
import { Changes } from "../process/changes.ts";
import { failureIn, isOver, type State } from "../process/states.ts";
import { Supervised } from "../process/supervised.ts";
import type { Stack } from "../stack/stack.ts";
import type { TemporalProcess } from "../temporal/process.ts";
import { TemporalProgram } from "../temporal/program.ts";
import { Warnings } from "../temporal/warnings.ts";

/** Temporal that answers no later counts as one that does not serve, in ms. */
const ANSWER_TIMEOUT_MS = 1000;

const NO_STACK =
  "This instance has none beside Temporal: declare it under `processes` in stigmer-local.yaml, then run " +
  "`stigmer-local start`";

/** Supervises one instance: its Temporal, and the processes beside it. */
export class Supervisor extends Supervised<TemporalProcess> {
  readonly warnings: Warnings;
  readonly program: TemporalProgram;
  readonly #launchRequest: LaunchRequest;
  /** The processes beside Temporal; a promise while their code is loaded, null if there are none. */
  #stack: Stack | Promise<Stack> | null = null;

  /** @param kept Settings for everything that is neither requested nor taken from a Temporal that is found. */
  constructor(instance: Instance, launchRequest: LaunchRequest, lock: LockFile, kept?: Settings) {
    const warnings = new Warnings(instance.log);
    const program = new TemporalProgram(instance, launchRequest, warnings, kept);
    super({
      instance,
      program,
      home: new HeldHome(instance.paths, lock),
      policy: () => instance.policy,
      warn: (message) => warnings.add(message),
      changes: new Changes(),
      beforeStop: (graceMs) => this.#stack === null ? null : this.endStack(graceMs),
    });
    this.warnings = warnings;
    this.program = program;
    this.#launchRequest = launchRequest;
  }

  override begin(): void {
    super.begin();
    const { processes } = this.#launchRequest;
    const mayHaveLeft = existsSync(processesDir(this.options.instance.paths.home));
    if (mayHaveLeft || (processes !== undefined && processes.length > 0)) void this.ensureStack(processes);
  }

  /** The processes beside Temporal, as far as they are loaded; null if there are none. */
  get stack(): Stack | null {
    return this.#stack instanceof Promise ? null : this.#stack;
  }

  /** The same once they are loaded, and nothing is left of others. */
  async loadedStack(): Promise<Stack | null> {
    const stack = await this.#stack;
    await stack?.undeclaredEnded;
    return stack;
  }

  /** The same, to find `names` in it, or to declare them as `requested`. @throws {LocalError} `usage` if it can have none */
  async stackWith(names: readonly string[], requested: readonly ProcessSettings[] = []): Promise<Stack> {
    if (requested.some(({ name }) => names.includes(name))) return await this.ensureStack([]);
    const stack = await this.loadedStack();
    if (stack === null) throw unknownProcess(names[0] ?? "", [], { none: NO_STACK });
    return stack;
  }

  /** The processes beside Temporal; declared as `processes` unless there are some. */
  async ensureStack(processes?: readonly ProcessSettings[]): Promise<Stack> {
    const stack = await (this.#stack ??= this.#loadStack(processes));
    await stack.undeclaredEnded;
    return stack;
  }

  async #loadStack(processes: readonly ProcessSettings[] | undefined): Promise<Stack> {
    const { instance, home } = this.options;
    const { names } = this.#launchRequest;
    const { Stack } = await import("../stack/stack.ts");
    let servesSinceMs: number | null = null;
    const stack = this.#stack = new Stack({
      instance,
      home,
      served: () => statusFrame("running", this.program.settings, instance.paths),
      servesSinceMs: () => servesSinceMs,
      answers: async () => (await this.program.probe?.serving(ANSWER_TIMEOUT_MS))?.ok === true,
      whenServing: () => this.until(({ state }) => state.kind === "running" ? true : null),
      warn: (message) => this.warnings.add(message),
    }, processes ?? recordedProcesses(instance.paths));
    if (names !== undefined) stack.want(names);
    // Each time Temporal comes up, what is beside it does, too; its crash touches none of it.
    const followTemporal = async () => {
      await stack.undeclaredEnded;
      for (;;) {
        await this.until(({ state }) => isServing(state) || isOver(state) ? true : null);
        if (isOver(this.machine.state)) return;
        servesSinceMs = Date.now();
        stack.begin();
        await this.until(({ state }) => isServing(state) ? null : true);
        servesSinceMs = null;
      }
    };
    void followTemporal();
    return stack;
  }

  /**
   * Resolves with null when Temporal and these processes beside it (without names all that are wanted) are ready; else with
   * the reason why they will not be, also if the supervisor was stopped meanwhile.
   */
  async settled(names?: readonly string[]): Promise<Failure | null> {
    for (;;) {
      const state = await this.until(({ state }) => state.kind === "running" || isOver(state) ? state : null);
      if (state.kind !== "running") return failureIn(state) ?? START_STOPPED;
      const stack = await this.loadedStack();
      stack?.begin();
      const failure = await stack?.settled(names) ?? null;
      if (failure !== null) return failure;
      // A stop or a restart has ended the processes meanwhile: what comes of that decides.
      const { state: now } = this.machine;
      if (stack === null || (now.kind !== "stopping" && !isOver(now))) return null;
    }
  }

  /** Ends the processes beside Temporal, which is about to be stopped with this grace period or is over. */
  async endStack(graceMs: number = DEFAULT_GRACE_MS): Promise<void> {
    const { state } = this.machine;
    const hasGivenUp = state.kind === "stopping" && state.then === "fail";
    const isThrownAway = this.#launchRequest.ephemeralFor !== undefined; // its Temporal needs no grace
    await (await this.loadedStack())?.end(hasGivenUp || isThrownAway ? Infinity : limitBesideMs(graceMs));
  }

  override release(): void {
    super.release();
    this.stack?.release();
    this.options.home.release();
  }
}

function isServing({ kind }: State): boolean {
  return kind === "running" || kind === "unhealthy";
}
