import type { Policy } from "../config/policy.ts";
import { toFailure } from "../errors/failure.ts";
import type { Instance } from "../instance/context.ts";
import type { HeldHome } from "../instance/lock_guard.ts";
import type { Changes } from "./changes.ts";
import { HealthMonitor } from "./health_monitor.ts";
import { ProcessManager } from "./manager.ts";
import type { Program } from "./program.ts";
import { type Action, type Event, isOver, type Machine, type Step } from "./states.ts";
import type { TrackedProcess } from "./tracked_process.ts";
import { beginMachine, step } from "./transitions.ts";

/** What a supervised process is connected to. */
export interface SupervisedOptions<Process extends TrackedProcess> {
  instance: Instance;
  program: Program<Process>;
  home: HeldHome;
  /** The policy, which a restart may change. */
  policy: () => Policy;
  /** Something that a person should know. */
  warn: (message: string) => void;
  /** Told after each step; {@linkcode Supervised.until} looks at each of them. */
  changes: Changes;
  /** Done before the process is terminated on purpose; null where there is nothing to do. */
  beforeStop?: (graceMs: number) => Promise<void> | null;
}

/**
 * One supervised process, whatever its program: feeds events into the table of states, which decides, and has the manager of
 * the process and the health monitor perform the actions that come out of it; they report what happens as events.
 */
export class Supervised<Process extends TrackedProcess> {
  readonly manager: ProcessManager<Process>;
  readonly health: HealthMonitor;
  protected readonly options: SupervisedOptions<Process>;
  #machine: Machine = beginMachine().machine;

  constructor(options: SupervisedOptions<Process>) {
    this.options = options;
    const { instance, program, home, warn, policy } = options;
    this.manager = new ProcessManager(instance, program, home, {
      dispatch: (event) => this.dispatch(event),
      warn,
    });
    this.health = new HealthMonitor({
      policy,
      check: async (timeoutMs) => {
        const { process } = this.manager;
        if (process === null) return { ok: true };
        return await program.check(process, timeoutMs).catch((error: unknown) => ({
          ok: false,
          problem: toFailure(error).message,
        }));
      },
      log: instance.log,
      report: (kind) => this.dispatch({ kind }),
    });
  }

  /** The state, the last exit, the restarts. */
  get machine(): Machine {
    return this.#machine;
  }

  /** Begins: reconciles with what an earlier supervisor left, and launches if that was nothing. */
  begin(): void {
    this.#apply(beginMachine(), null);
  }

  dispatch(event: Event): void {
    const { program: { name }, policy } = this.options;
    const context = { name, policy: policy(), nowMs: performance.now(), random: Math.random() };
    this.#apply(step(this.#machine, event, context), event);
  }

  /** Resolves with what `pick` gives as soon as that is not null; it is asked now, and after each change. */
  until<Picked>(pick: (machine: Machine) => Picked | null): Promise<Picked> {
    return this.options.changes.until(() => pick(this.#machine));
  }

  /** Resolves when nothing is left to supervise; unless it was superseded, the locks are still held. */
  async over(): Promise<void> {
    await this.until(({ state }) => isOver(state) ? true : null);
  }

  #apply({ machine, actions }: Step, event: Event | null): void {
    const before = this.#machine;
    this.#machine = machine;
    this.#logStep(before, event);
    for (const action of actions) this.#perform(action);
    this.options.changes.tell();
  }

  #logStep(before: Machine, event: Event | null): void {
    const { log } = this.options.instance;
    const { state, lastExit, exitedAttempt, restarts } = this.#machine;
    if (event?.kind === "exited" && exitedAttempt !== before.exitedAttempt) {
      log.transition("exited", { pid: event.pid, ...lastExit });
    }
    if (event !== null && before.state.kind === state.kind) return;
    log.transition(state.kind, {
      from: event === null ? null : before.state.kind,
      on: event?.kind ?? "start",
      restarts,
      ...(event !== null && "failure" in event ? { failure: event.failure } : {}),
    });
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
        setTimeout(() => this.dispatch({ kind: "due", attempt: action.attempt }), action.delayMs).unref();
        return;
      case "releaseLocks":
        return this.release();
    }
  }

  #terminate(graceMs: number): void {
    const isOnPurpose = this.machine.state.kind === "stopping";
    const before = isOnPurpose ? this.options.beforeStop?.(graceMs) ?? null : null;
    if (before === null) return this.manager.terminate(graceMs);
    const { attempt } = this.#machine;
    const terminate = () => {
      if (this.#machine.attempt === attempt) this.manager.terminate(graceMs); // else its end was known, and another follows
    };
    before.catch((error: unknown) => this.options.warn(toFailure(error).message)).then(terminate);
  }

  /** Frees every lock and connection at once, and touches neither the process nor any file. */
  release(): void {
    this.manager.release();
  }
}
