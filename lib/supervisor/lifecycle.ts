import { backoffDelayMs, recentRestarts, type RestartPolicy } from "../config/restart_policy.ts";
import type { Failure } from "../errors/failure.ts";
import type { Exit } from "../instance/status/status.ts";

/**
 * Where an instance is in its life. `starting` with `first` has not served since it was asked for: if it fails, it
 * fails for good. `backoff` lies between two lives: `ending` while what is left of the last one dies, `waiting`
 * until the next one is due.
 */
export type State =
  | { kind: "starting"; first: boolean }
  | { kind: "running"; sinceMs: number }
  | { kind: "unhealthy"; sinceMs: number; failures: number }
  | { kind: "backoff"; phase: "ending" | "waiting"; delayMs: number }
  | { kind: "stopping"; then: "stop" | "launch" | "fail" }
  | { kind: "stopped" }
  | { kind: "failed"; failure: Failure };

/** What can happen to an instance. */
export type Event =
  /** Temporal serves: launched, or adopted from an earlier supervisor. */
  | { kind: "ready" }
  /** A launch ended without a serving Temporal, and nothing of it is left. `final`: a new try can't help. */
  | { kind: "launchFailed"; failure: Failure; final: boolean }
  /** Temporal's process ended by itself (exit 0 included); members of its group may live on. */
  | { kind: "exited"; exit: Exit }
  | { kind: "healthy" }
  | { kind: "sick" }
  /** Nothing of Temporal's process group is alive, and its lock is free. */
  | { kind: "gone" }
  /** The wait of `backoff` is over. */
  | { kind: "due" }
  | { kind: "stop"; graceMs: number }
  | { kind: "restart"; graceMs: number }
  /** Temporal's process group could not be ended. */
  | { kind: "stuck"; failure: Failure };

/** What the supervisor has to do after a step, in this order. */
export type Action =
  | { kind: "launch" }
  /** End the process group; `gone` or `stuck` follows. `graceMs` 0: SIGKILL at once. */
  | { kind: "end"; graceMs: number }
  | { kind: "watch" }
  | { kind: "unwatch" }
  | { kind: "schedule"; delayMs: number }
  | { kind: "noteHang"; failures: number }
  /** Nothing is left to supervise: record the outcome and leave. */
  | { kind: "quit" };

/** The state with what must be remembered across states. */
export interface Machine {
  state: State;
  /** Restarts after a crash or a hang, since the supervisor came up. */
  restarts: number;
  /** When those that still count towards the limit happened. */
  restartsAtMs: readonly number[];
  /** How many restarts in a row were not followed by lasting health. */
  attempt: number;
}

/** What a step may depend on besides the state and the event. */
export interface StepContext {
  nowMs: number;
  /** In [0, 1). */
  random: number;
  policy: RestartPolicy;
  /** This many failed health checks in a row are a hang. */
  failuresUntilHung: number;
}

/** A step's result. */
export interface Step {
  machine: Machine;
  actions: Action[];
}

/** The machine of a supervisor that was just asked to start an instance. */
export function beginMachine(): Step {
  return {
    machine: { state: { kind: "starting", first: true }, restarts: 0, restartsAtMs: [], attempt: 0 },
    actions: [{ kind: "launch" }],
  };
}

type Of<Union extends { kind: string }, Kind extends Union["kind"]> = Extract<Union, { kind: Kind }>;
type Cell<S extends State["kind"], E extends Event["kind"]> = (
  state: Of<State, S>,
  event: Of<Event, E>,
  machine: Machine,
  context: StepContext,
) => Step;
type Table = { [S in State["kind"]]: { [E in Event["kind"]]: Cell<S, E> } };

/** The step that `event` causes. Every pair of state and event is written in the table below. */
export function step(machine: Machine, event: Event, context: StepContext): Step {
  const cell = TABLE[machine.state.kind][event.kind] as (
    state: State,
    event: Event,
    machine: Machine,
    context: StepContext,
  ) => Step;
  return cell(machine.state, event, machine, context);
}

const go = (machine: Machine, state: State, ...actions: Action[]): Step => ({
  machine: { ...machine, state },
  actions,
});

/** The event says nothing new in this state, or comes late from a life that is over. */
const ignore = (_state: State, _event: Event, machine: Machine): Step => ({ machine, actions: [] });

const serve = (_state: State, _event: Event, machine: Machine, { nowMs }: StepContext): Step =>
  go(machine, { kind: "running", sinceMs: nowMs }, { kind: "watch" });

const fail = (machine: Machine, failure: Failure): Step => go(machine, { kind: "failed", failure }, { kind: "quit" });

const leave = (_state: State, _event: Event, machine: Machine): Step =>
  go(machine, { kind: "stopped" }, { kind: "quit" });

const endForStop = (_state: State, event: Of<Event, "stop">, machine: Machine): Step =>
  go(machine, { kind: "stopping", then: "stop" }, { kind: "unwatch" }, { kind: "end", graceMs: event.graceMs });

const endForRestart = (_state: State, event: Of<Event, "restart">, machine: Machine): Step =>
  go(machine, { kind: "stopping", then: "launch" }, { kind: "unwatch" }, { kind: "end", graceMs: event.graceMs });

/** Temporal died or hangs: count it, then end what is left of it before anything else. */
function beginRestart(machine: Machine, healthySinceMs: number | null, context: StepContext): Step {
  const { nowMs, policy, random } = context;
  const recent = recentRestarts(machine.restartsAtMs, nowMs, policy);
  if (policy.limit > 0 && recent.length >= policy.limit) {
    return go({ ...machine, restartsAtMs: recent }, { kind: "stopping", then: "fail" }, { kind: "unwatch" }, {
      kind: "end",
      graceMs: 0,
    });
  }
  const forgotten = healthySinceMs !== null && nowMs - healthySinceMs >= policy.forgetAfterMs;
  const attempt = forgotten ? 0 : machine.attempt;
  return go(
    { ...machine, restarts: machine.restarts + 1, restartsAtMs: [...recent, nowMs], attempt: attempt + 1 },
    { kind: "backoff", phase: "ending", delayMs: backoffDelayMs(attempt, policy, random) },
    { kind: "unwatch" },
    { kind: "end", graceMs: 0 },
  );
}

function relaunch(machine: Machine, first: boolean): Step {
  const fresh = first ? { ...machine, attempt: 0, restartsAtMs: [] } : machine;
  return go(fresh, { kind: "starting", first }, { kind: "launch" });
}

function countSick(sinceMs: number, failures: number, machine: Machine, context: StepContext): Step {
  if (failures < context.failuresUntilHung) return go(machine, { kind: "unhealthy", sinceMs, failures });
  const { machine: next, actions } = beginRestart(machine, sinceMs, context);
  return { machine: next, actions: [{ kind: "noteHang", failures }, ...actions] };
}

function gaveUp(machine: Machine, policy: RestartPolicy): Failure {
  const minutes = Math.round(policy.windowMs / 60_000);
  return {
    code: "gave-up",
    message: `Gave up: Temporal ended ${machine.restartsAtMs.length + 1} times within ${minutes} minutes`,
    hint: "Look at `stigmer-local logs`, then `stigmer-local start` tries again (`--max-restarts 0` lifts the limit)",
    facts: { restarts: machine.restarts, limit: policy.limit, windowMs: policy.windowMs },
  };
}

const TABLE: Table = {
  starting: {
    ready: serve,
    launchFailed: (state, { failure, final }, machine, context) =>
      state.first || final ? fail(machine, failure) : beginRestart(machine, null, context),
    exited: ignore, // a launch reports its own exit, as launchFailed
    healthy: ignore,
    sick: ignore,
    gone: ignore,
    due: ignore,
    stop: endForStop,
    restart: endForRestart,
    stuck: (_state, { failure }, machine) => fail(machine, failure),
  },
  running: {
    ready: ignore,
    launchFailed: ignore,
    exited: (state, _event, machine, context) => beginRestart(machine, state.sinceMs, context),
    healthy: ignore,
    sick: (state, _event, machine, context) => countSick(state.sinceMs, 1, machine, context),
    gone: ignore,
    due: ignore,
    stop: endForStop,
    restart: endForRestart,
    stuck: ignore,
  },
  unhealthy: {
    ready: ignore,
    launchFailed: ignore,
    exited: (state, _event, machine, context) => beginRestart(machine, state.sinceMs, context),
    healthy: (state, _event, machine) => go(machine, { kind: "running", sinceMs: state.sinceMs }),
    sick: (state, _event, machine, context) => countSick(state.sinceMs, state.failures + 1, machine, context),
    gone: ignore,
    due: ignore,
    stop: endForStop,
    restart: endForRestart,
    stuck: ignore,
  },
  backoff: {
    ready: ignore,
    launchFailed: ignore,
    exited: ignore, // the one that is being ended
    healthy: ignore,
    sick: ignore,
    gone: (state, _event, machine) => {
      if (state.phase === "waiting") return { machine, actions: [] };
      if (state.delayMs === 0) return relaunch(machine, false);
      return go(machine, { ...state, phase: "waiting" }, { kind: "schedule", delayMs: state.delayMs });
    },
    due: (state, _event, machine) => state.phase === "waiting" ? relaunch(machine, false) : { machine, actions: [] },
    stop: (state, event, machine) =>
      state.phase === "waiting" ? leave(state, event, machine) : endForStop(state, event, machine),
    restart: (state, event, machine) =>
      state.phase === "waiting" ? relaunch(machine, true) : endForRestart(state, event, machine),
    stuck: (_state, { failure }, machine) => fail(machine, failure),
  },
  stopping: {
    ready: ignore,
    launchFailed: ignore,
    exited: ignore,
    healthy: ignore,
    sick: ignore,
    gone: (state, event, machine, { policy }) => {
      if (state.then === "launch") return relaunch(machine, true);
      return state.then === "fail" ? fail(machine, gaveUp(machine, policy)) : leave(state, event, machine);
    },
    due: ignore,
    // A later stop wins over a restart, and over a longer grace period.
    stop: endForStop,
    restart: (state, _event, machine) =>
      state.then === "stop" ? { machine, actions: [] } : go(machine, { kind: "stopping", then: "launch" }),
    stuck: (_state, { failure }, machine) => fail(machine, failure),
  },
  stopped: {
    ready: ignore,
    launchFailed: ignore,
    exited: ignore,
    healthy: ignore,
    sick: ignore,
    gone: ignore,
    due: ignore,
    stop: ignore,
    restart: ignore,
    stuck: ignore,
  },
  failed: {
    ready: ignore,
    launchFailed: ignore,
    exited: ignore,
    healthy: ignore,
    sick: ignore,
    gone: ignore,
    due: ignore,
    stop: ignore,
    restart: ignore,
    stuck: ignore,
  },
};
