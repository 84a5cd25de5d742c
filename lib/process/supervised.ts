import { toFailure } from "../errors/failure.ts";
import type { Instance } from "../instance/context.ts";
import type { HeldHome } from "../instance/lock_guard.ts";
import type { ProbeResult } from "../instance/status/probe.ts";
import { HealthMonitor } from "./health_monitor.ts";
import { ProcessManager } from "./manager.ts";
import type { Program } from "./program.ts";
import { StateMachine } from "./state_machine.ts";
import { type Action, type Event, isOver, type Machine, type StepContext } from "./states.ts";
import type { TrackedProcess } from "./tracked_process.ts";

/** What a supervised process is connected to. */
export interface SupervisedOptions<Process extends TrackedProcess> {
  instance: Instance;
  program: Program<Process>;
  home: HeldHome;
  /** The surroundings of a step, but for time and chance. */
  context: () => Pick<StepContext, "name" | "policy" | "failuresUntilHung">;
  /** How health is checked, in ms. */
  health: () => { intervalMs: number; timeoutMs: number };
  check: (timeoutMs: number) => Promise<ProbeResult>;
  /** Something that a person should know. */
  warn: (message: string) => void;
  /** Done before the process is terminated on purpose; null where there is nothing to do. */
  beforeStop?: (graceMs: number) => Promise<void> | null;
}

/**
 * One supervised process, whatever its program: connects the state machine, which decides, with the manager of the process
 * and the health monitor, which perform and report.
 */
export class Supervised<Process extends TrackedProcess> {
  readonly manager: ProcessManager<Process>;
  readonly health: HealthMonitor;
  readonly #options: SupervisedOptions<Process>;
  readonly #machine: StateMachine;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SupervisedOptions<Process>) {
    this.#options = options;
    const { instance, program, home, context, health, check, warn } = options;
    this.manager = new ProcessManager(instance, program, home, {
      dispatch: (event) => this.dispatch(event),
      warn,
    });
    this.health = new HealthMonitor({
      policy: health,
      check: (timeoutMs) =>
        check(timeoutMs).catch((error: unknown) => ({ ok: false, problem: toFailure(error).message })),
      log: instance.log,
      report: (kind) => this.dispatch({ kind }),
    });
    this.#machine = new StateMachine({
      log: instance.log,
      context: () => ({ ...context(), nowMs: performance.now(), random: Math.random() }),
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
        return this.#terminate(action.graceMs);
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
        return this.release();
    }
  }

  #terminate(graceMs: number): void {
    const isOnPurpose = this.machine.state.kind === "stopping";
    const before = isOnPurpose ? this.#options.beforeStop?.(graceMs) ?? null : null;
    if (before === null) this.manager.terminate(graceMs);
    else void before.then(() => this.manager.terminate(graceMs));
  }

  /** Frees every lock and connection at once, and touches neither the process nor any file. */
  release(): void {
    this.manager.release();
  }
}
