import type { EventLog } from "../instance/event_log.ts";
import type { Action, Event, Machine, Step, StepContext } from "./states.ts";
import { beginMachine, step } from "./transitions.ts";

/** What a state machine is connected to. */
export interface StateMachineOptions {
  log: EventLog;
  /** The surroundings of a step, at this moment. */
  context: () => StepContext;
  perform: (action: Action) => void;
}

/** Feeds events into the table of states, logs each transition, and has the actions performed that come out of it. */
export class StateMachine {
  readonly #options: StateMachineOptions;
  readonly #waiters = new Set<() => void>();
  #machine: Machine = beginMachine().machine;

  constructor(options: StateMachineOptions) {
    this.#options = options;
  }

  get machine(): Machine {
    return this.#machine;
  }

  /** Performs what the first state asks for. */
  begin(): void {
    this.#apply(beginMachine(), null);
  }

  dispatch(event: Event): void {
    this.#apply(step(this.#machine, event, this.#options.context()), event);
  }

  /** Resolves with what `pick` gives as soon as that is not null; it is asked after each step. */
  until<Picked>(pick: (machine: Machine) => Picked | null): Promise<Picked> {
    return new Promise((resolve) => {
      const look = () => {
        const picked = pick(this.#machine);
        if (picked === null) return;
        this.#waiters.delete(look);
        resolve(picked);
      };
      this.#waiters.add(look);
      look();
    });
  }

  #apply({ machine, actions }: Step, event: Event | null): void {
    const before = this.#machine;
    this.#machine = machine;
    this.#logStep(before, machine, event);
    for (const action of actions) this.#options.perform(action);
    for (const look of [...this.#waiters]) look();
  }

  #logStep(before: Machine, { state, lastExit, exitedAttempt, restarts }: Machine, event: Event | null): void {
    const { log } = this.#options;
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
}
