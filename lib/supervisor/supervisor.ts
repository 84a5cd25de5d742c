import type { Settings } from "../config/settings.ts";
import { toFailure } from "../errors/failure.ts";
import type { Instance, LaunchRequest } from "../instance/context.ts";
import type { ProbeResult } from "../instance/status/probe.ts";
import type { LockFile } from "../platform/locks/lock_file.ts";
import { HealthMonitor } from "../process/health_monitor.ts";
import { ProcessManager } from "../process/manager.ts";
import { StateMachine } from "../process/state_machine.ts";
import { type Action, type Event, isOver, type Machine } from "../process/states.ts";
import type { TemporalProcess } from "../temporal/process.ts";
import { TemporalProgram } from "../temporal/program.ts";
import { Warnings } from "./warnings.ts";

/**
 * Supervises one instance: connects the state machine, which decides, with the manager of Temporal's process and the health
 * monitor, which perform and report.
 */
export class Supervisor {
  readonly warnings: Warnings;
  readonly program: TemporalProgram;
  readonly manager: ProcessManager<TemporalProcess>;
  readonly health: HealthMonitor;
  readonly #machine: StateMachine;
  #retry: ReturnType<typeof setTimeout> | undefined;

  /** @param kept Settings for everything that is neither requested nor taken from a Temporal that is found. */
  constructor(instance: Instance, launchRequest: LaunchRequest, lock: LockFile, kept: Settings | null = null) {
    const { log } = instance;
    this.warnings = new Warnings(log);
    this.program = new TemporalProgram(instance, launchRequest, this.warnings, kept);
    this.manager = new ProcessManager(instance, this.program, lock, {
      dispatch: (event) => this.dispatch(event),
      warn: (message) => this.warnings.add(message),
    });
    this.health = new HealthMonitor({
      policy: () => instance.healthPolicy,
      check: (timeoutMs) => this.#check(timeoutMs),
      log,
      report: (kind) => this.dispatch({ kind }),
    });
    this.#machine = new StateMachine({
      log,
      context: () => ({
        name: "Temporal",
        nowMs: performance.now(),
        random: Math.random(),
        policy: instance.restartPolicy,
        failuresUntilHung: instance.healthPolicy.failuresUntilHung,
      }),
      perform: (action) => this.#perform(action),
    });
  }

  /** The state, the last exit, the restarts. */
  get machine(): Machine {
    return this.#machine.machine;
  }

  /** Begins: reconciles with what an earlier supervisor left, and launches if that was nothing. */
  begin(): void {
    this.#machine.begin();
  }

  dispatch(event: Event): void {
    this.#machine.dispatch(event);
  }

  /** Resolves with what `pick` gives as soon as that is not null; it is asked after each step. */
  until<Picked>(pick: (machine: Machine) => Picked | null): Promise<Picked> {
    return this.#machine.until(pick);
  }

  /** Resolves when nothing is left to supervise; unless it was superseded, the locks are still held. */
  async over(): Promise<void> {
    await this.until(({ state }) => isOver(state) ? true : null);
  }

  #perform(action: Action): void {
    switch (action.kind) {
      case "launch":
        return this.manager.launch(action.attempt, action.first);
      case "terminate":
        return this.manager.terminate(action.graceMs);
      case "watch":
        return this.health.watch();
      case "unwatch":
        return this.health.unwatch();
      case "schedule":
        this.#retry = setTimeout(() => this.dispatch({ kind: "due" }), action.delayMs);
        return;
      case "unschedule":
        return clearTimeout(this.#retry);
      case "abandonHome":
        return this.manager.abandonHome();
      case "releaseLocks":
        return this.manager.release();
    }
  }

  async #check(timeoutMs: number): Promise<ProbeResult> {
    try {
      return await this.program.probe?.serving(timeoutMs) ?? { ok: false, problem: "Temporal is not running any more" };
    } catch (error) {
      return { ok: false, problem: toFailure(error).message };
    }
  }
}
