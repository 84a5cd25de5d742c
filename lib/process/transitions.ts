import { backoffDelayMs } from "../config/backoff.ts";
import type { Failure } from "../errors/failure.ts";
import type { Action, Event, Machine, State, Step, StepContext } from "./states.ts";

/** The machine of a supervisor that was just asked to start an instance. */
export function beginMachine(): Step {
  return {
    machine: {
      state: { kind: "starting", first: true },
      attempt: 1,
      exitedAttempt: 0,
      lastExit: null,
      hang: null,
      launchFailure: null,
      restarts: 0,
      restartsAtMs: [],
      shortLives: 0,
      isHomeDeleted: false,
    },
    actions: [{ kind: "launch", attempt: 1, first: true }],
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

/** The step that `event` causes. Every pair of state and event is in the table below. */
export function step(machine: Machine, event: Event, context: StepContext): Step {
  if ("attempt" in event && event.attempt !== machine.attempt) return { machine, actions: [] };
  const before = remember(machine, event);
  if (before === null) return { machine, actions: [] };
  const cell = TABLE[before.state.kind][event.kind] as Cell<State["kind"], Event["kind"]>;
  return cell(before.state, event, before, context);
}

/** What is remembered in every state; null when it is known already. */
function remember(machine: Machine, event: Event): Machine | null {
  if (event.kind === "homeDeleted") return machine.isHomeDeleted ? null : { ...machine, isHomeDeleted: true };
  return event.kind === "exited" ? withExit(machine, event) : machine;
}

function withExit(machine: Machine, { attempt, code, signal, at }: Of<Event, "exited">): Machine | null {
  if (machine.exitedAttempt === attempt) return null;
  const isWanted = machine.state.kind === "stopping";
  const reason = machine.hang ?? (isWanted ? "stopped" : code === 0 ? "exited by itself" : "crashed");
  return { ...machine, exitedAttempt: attempt, lastExit: { code, signal, at, reason }, hang: null };
}

const go = (machine: Machine, state: State, ...actions: Action[]): Step => ({
  machine: { ...machine, state },
  actions,
});

/** No-op: redundant in this state, or about a process that is gone. */
const ignore = (_state: State, _event: Event, machine: Machine): Step => ({ machine, actions: [] });

/** It may have exited between the proof that it was ready and this event. */
const serve = (_state: State, _event: Event, machine: Machine, context: StepContext): Step =>
  machine.exitedAttempt === machine.attempt
    ? beginRestart(machine, context.nowMs, context)
    : go({ ...machine, launchFailure: null }, { kind: "running", sinceMs: context.nowMs }, { kind: "watch" });

const fail = (machine: Machine, failure: Failure): Step => go(machine, { kind: "failed", failure });

const leave = (machine: Machine): Step => go(machine, { kind: "stopped" });

/** `graceMs` 0: SIGKILL at once. */
const end = (machine: Machine, state: State, graceMs: number): Step =>
  go(machine, state, { kind: "unwatch" }, { kind: "terminate", graceMs });

/** Also where the home is deleted: its data is gone with it, and no client can find it. */
const endForStop = (_state: State, { graceMs }: Of<Event, "stop" | "homeDeleted">, machine: Machine): Step =>
  end(machine, { kind: "stopping", then: "stop" }, graceMs);

const endForRestart = (_state: State, { graceMs }: Of<Event, "restart">, machine: Machine): Step =>
  end(machine, { kind: "stopping", then: "launch" }, graceMs);

const stepAside = (_state: State, _event: Event, machine: Machine): Step =>
  go(machine, { kind: "superseded" }, { kind: "unwatch" }, { kind: "releaseLocks" });

/** The wait after the second short life in a row; after the first one the restart is immediate. */
const BACKOFF_BASE_MS = 250;

/** The process died or hangs: count that, then terminate what is left of it before anything else. */
function beginRestart(machine: Machine, servedSinceMs: number | null, context: StepContext): Step {
  const { nowMs, policy, random } = context;
  const recent = machine.restartsAtMs.filter((at) => nowMs - at < policy.restartWindowS * 1000);
  if (policy.maxRestarts > 0 && recent.length >= policy.maxRestarts) {
    return end({ ...machine, restartsAtMs: recent }, { kind: "stopping", then: "fail" }, 0);
  }
  const wasLong = servedSinceMs !== null && nowMs - servedSinceMs >= policy.restartMinUptimeS * 1000;
  const shortLives = wasLong ? 0 : machine.shortLives + 1;
  const delayMs = backoffDelayMs(shortLives, BACKOFF_BASE_MS, policy.restartMaxDelayS * 1000, random);
  return end(
    { ...machine, restarts: machine.restarts + 1, restartsAtMs: [...recent, nowMs], shortLives },
    { kind: "backoff", phase: "ending", delayMs },
    0,
  );
}

function relaunch(machine: Machine, first: boolean): Step {
  const attempt = machine.attempt + 1;
  const fresh = first ? { ...machine, shortLives: 0, restartsAtMs: [] } : machine;
  return go({ ...fresh, attempt, hang: null }, { kind: "starting", first }, { kind: "launch", attempt, first });
}

function countSick(sinceMs: number, failures: number, machine: Machine, context: StepContext): Step {
  if (failures < context.policy.healthFailures) return go(machine, { kind: "unhealthy", sinceMs, failures });
  return beginRestart({ ...machine, hang: `hung: ${failures} health checks in a row failed` }, sinceMs, context);
}

function gaveUp({ restarts, restartsAtMs, launchFailure }: Machine, { policy, name }: StepContext): Failure {
  const minutes = Math.round(policy.restartWindowS / 60);
  const why = launchFailure === null ? "" : `; the last launch failed: ${launchFailure.message}`;
  const remedy = launchFailure?.hint ?? "See `stigmer-local logs`";
  return {
    code: "gave-up",
    message: `Gave up: ${name} exited ${restartsAtMs.length + 1} times within ${minutes} minutes${why}`,
    hint: `${remedy}; \`stigmer-local start\` tries again (\`--max-restarts 0\` lifts the limit)`,
    facts: {
      ...{ restarts, limit: policy.maxRestarts, windowMs: policy.restartWindowS * 1000 },
      ...(launchFailure === null ? {} : { launchFailure }),
    },
  };
}

/** What says nothing new, unless a state answers it. */
const IGNORED = {
  ready: ignore,
  launchFailed: ignore,
  exited: ignore,
  healthy: ignore,
  sick: ignore,
  gone: ignore,
  stuck: ignore,
  due: ignore,
};

/** Where a process may be alive: each state writes what it answers otherwise. */
const ALIVE = {
  ...IGNORED,
  stop: endForStop,
  restart: endForRestart,
  superseded: stepAside,
  homeDeleted: endForStop,
};

const TERMINAL = {
  ...IGNORED,
  stop: ignore,
  restart: ignore,
  // What is left to do before the exit must not touch what is another's.
  superseded: stepAside,
  homeDeleted: ignore,
};

const stopInBackoff = (
  state: Of<State, "backoff">,
  event: Of<Event, "stop" | "homeDeleted">,
  machine: Machine,
): Step => state.phase === "waiting" ? leave(machine) : endForStop(state, event, machine);

const TABLE: Table = {
  starting: {
    ...ALIVE, // also `exited`: a launch reports it as launchFailed
    ready: serve,
    launchFailed: (state, { failure, final, passing }, machine, context) =>
      (state.first && passing !== true) || final
        ? fail(machine, failure)
        : beginRestart({ ...machine, launchFailure: failure }, null, context),
    stuck: (_state, { failure }, machine) => fail(machine, failure),
  },
  running: {
    ...ALIVE,
    exited: (state, _event, machine, context) => beginRestart(machine, state.sinceMs, context),
    sick: (state, _event, machine, context) => countSick(state.sinceMs, 1, machine, context),
  },
  unhealthy: {
    ...ALIVE,
    exited: (state, _event, machine, context) => beginRestart(machine, state.sinceMs, context),
    healthy: (state, _event, machine) => go(machine, { kind: "running", sinceMs: state.sinceMs }),
    sick: (state, _event, machine, context) => countSick(state.sinceMs, state.failures + 1, machine, context),
  },
  backoff: {
    ...ALIVE, // also `exited`: the one that is being terminated
    gone: (state, _event, machine) => {
      if (state.phase === "waiting") return { machine, actions: [] };
      if (state.delayMs === 0) return relaunch(machine, false);
      const { attempt } = machine;
      return go(machine, { ...state, phase: "waiting" }, { kind: "schedule", attempt, delayMs: state.delayMs });
    },
    stuck: (_state, { failure }, machine) => fail(machine, failure),
    // While what is left is being terminated, only a start that was requested meanwhile says that the launch is due.
    due: (state, _event, machine) =>
      state.phase === "waiting" ? relaunch(machine, false) : go(machine, { ...state, delayMs: 0 }),
    stop: stopInBackoff,
    restart: (state, event, machine) =>
      state.phase === "waiting" ? relaunch(machine, true) : endForRestart(state, event, machine),
    homeDeleted: stopInBackoff,
  },
  stopping: {
    ...ALIVE, // also `stop`: a later one wins over a restart, and over a longer grace period
    gone: (state, _event, machine, context) => {
      if (state.then === "launch") return relaunch(machine, true);
      return state.then === "fail" ? fail(machine, gaveUp(machine, context)) : leave(machine);
    },
    stuck: (_state, { failure }, machine) => fail(machine, failure),
    restart: (state, _event, machine) =>
      state.then === "stop" ? { machine, actions: [] } : go(machine, { kind: "stopping", then: "launch" }),
  },
  stopped: TERMINAL,
  failed: TERMINAL,
  superseded: { ...TERMINAL, superseded: ignore },
};
