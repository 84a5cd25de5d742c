import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { DEFAULT_POLICY } from "../../lib/config/policy.ts";
import type { Failure } from "../../lib/errors/failure.ts";
import {
  type Action,
  type Event,
  isOver,
  type Machine,
  ownsFiles,
  type State,
  type StepContext,
} from "../../lib/process/states.ts";
import { beginMachine, step } from "../../lib/process/transitions.ts";

const FAILURE: Failure = { code: "launch-failed", message: "it did not start" };
const CONTEXT: StepContext = {
  name: "Temporal",
  nowMs: 0,
  random: 0.5,
  policy: DEFAULT_POLICY,
};

const exited = (attempt: number): Event => ({
  kind: "exited",
  attempt,
  pid: 4711,
  code: null,
  signal: "SIGKILL",
  at: "2026-01-02T03:04:05.678Z",
});

/** Every event, as it is about launch `attempt`. */
const eventsOf = (attempt: number): Event[] => [
  { kind: "ready", attempt },
  { kind: "launchFailed", attempt, failure: FAILURE, final: false },
  { kind: "launchFailed", attempt, failure: FAILURE, final: true },
  exited(attempt),
  { kind: "healthy" },
  { kind: "sick" },
  { kind: "gone" },
  { kind: "stuck", failure: FAILURE },
  { kind: "due", attempt },
  { kind: "due" },
  { kind: "stop", graceMs: 12_000 },
  { kind: "restart", graceMs: 12_000 },
  { kind: "superseded" },
  { kind: "homeDeleted", graceMs: 12_000 },
];
/** An event of the tests: the attempt is that of the machine which gets it, or an earlier one. */
type Draft = { index: number; isLate: boolean };
const eventOf = ({ index, isLate }: Draft, { attempt }: Machine): Event =>
  eventsOf(isLate ? attempt - 1 : attempt)[index]!;

const STATES: State[] = [
  { kind: "starting", first: true },
  { kind: "starting", first: false },
  { kind: "running", sinceMs: 0 },
  { kind: "unhealthy", sinceMs: 0, failures: 1 },
  { kind: "unhealthy", sinceMs: 0, failures: 2 },
  { kind: "backoff", phase: "ending", delayMs: 0 },
  { kind: "backoff", phase: "ending", delayMs: 250 },
  { kind: "backoff", phase: "waiting", delayMs: 250 },
  { kind: "stopping", then: "stop" },
  { kind: "stopping", then: "launch" },
  { kind: "stopping", then: "fail" },
  { kind: "stopped" },
  { kind: "failed", failure: FAILURE },
  { kind: "superseded" },
];

/** Any event, but seldom one that ends it all: most lives are to be long. */
const RARE: readonly Event["kind"][] = ["stop", "stuck", "launchFailed", "superseded", "homeDeleted"];
const indices = eventsOf(1).map((_event, index) => index);
const anyDraft: fc.Arbitrary<Draft> = fc.record({
  index: fc.oneof(
    { weight: 15, arbitrary: fc.constantFrom(...indices.filter((at) => !RARE.includes(eventsOf(1)[at]!.kind))) },
    { weight: 1, arbitrary: fc.constantFrom(...indices) },
  ),
  isLate: fc.nat(9).map((n) => n === 0),
});
const anyEvents = fc.array(fc.tuple(anyDraft, fc.integer({ min: 0, max: 90_000 })), { maxLength: 60 });

const inState = (state: State, rest: Partial<Machine> = {}): Machine => ({
  ...beginMachine().machine,
  ...rest,
  state,
});
const kinds = (actions: Action[]): string[] => actions.map(({ kind }) => kind);

/** Feeds `events`, each so many ms after the one before. */
function run(
  machine: Machine,
  events: Iterable<readonly [Draft | Event | ((machine: Machine) => Event), number]>,
  each?: (actions: Action[], before: Machine, after: Machine, event: Event) => void,
  context = CONTEXT,
): Machine {
  let nowMs = context.nowMs;
  for (const [draft, afterMs] of events) {
    nowMs += afterMs;
    const event = typeof draft === "function" ? draft(machine) : "index" in draft ? eventOf(draft, machine) : draft;
    const next = step(machine, event, { ...context, nowMs });
    each?.(next.actions, machine, next.machine, event);
    machine = next.machine;
  }
  return machine;
}

/** Its end, and the next life. */
const RELAUNCH: [Event | ((machine: Machine) => Event), number][] = [
  [{ kind: "gone" }, 1],
  [{ kind: "due" }, 1],
  [({ attempt }) => ({ kind: "ready", attempt }), 1],
];
/** A crash after it served for so long. */
const crashAfter = (ms: number): typeof RELAUNCH => [[({ attempt }) => exited(attempt), ms], ...RELAUNCH];
const CRASH = crashAfter(1);
const CRASH_NOW = (machine: Machine, context = CONTEXT) => step(machine, exited(machine.attempt), context);

describe("step()", () => {
  it("knows a legal state for every pair of state and event", () => {
    for (const state of STATES) {
      for (const event of eventsOf(1)) {
        const { machine, actions } = step(inState(state), event, CONTEXT);
        const pair = `${JSON.stringify(state)} × ${event.kind}`;
        assert(STATES.some(({ kind }) => kind === machine.state.kind), pair);
        if (isOver(state) && event.kind !== "superseded") assertEquals(machine.state, state, pair);
        if (machine.state.kind === "backoff" && machine.state.phase === "ending" && state.kind !== "backoff") {
          assert(kinds(actions).includes("terminate"), `${pair} must terminate what is left`);
        }
        if (machine.state.kind === "stopping" && state.kind !== "stopping") {
          assert(kinds(actions).includes("terminate"), pair);
        }
        assertEquals(
          kinds(actions).includes("launch"),
          machine.state.kind === "starting" && state.kind !== "starting",
          pair,
        );
      }
    }
  });

  it("drops what comes late from an earlier launch", () => {
    fc.assert(fc.property(anyEvents, (events) => {
      run(beginMachine().machine, events, (actions, before, after, event) => {
        if ("attempt" in event && event.attempt !== before.attempt) assertEquals([actions, after], [[], before]);
      });
    }));
  });

  it("watches exactly while Temporal is thought to be alive and well enough", () => {
    fc.assert(fc.property(anyEvents, (events) => {
      let isWatched = false;
      run(beginMachine().machine, events, (actions, _before, { state }) => {
        for (const { kind } of actions) {
          if (kind === "watch") {
            assert(!isWatched, "watched twice");
            isWatched = true;
          }
          if (kind === "unwatch") isWatched = false;
        }
        assertEquals(isWatched, state.kind === "running" || state.kind === "unhealthy");
      });
    }));
  });

  it("never launches again before what was launched is gone, or has failed for good", () => {
    fc.assert(fc.property(anyEvents, (events) => {
      let mayLive = true; // the first launch
      run(beginMachine().machine, events, (actions, _before, _after, event) => {
        if (event.kind === "gone") mayLive = false;
        if (!kinds(actions).includes("launch")) return;
        assert(!mayLive, "two at once");
        mayLive = true;
      });
    }));
  });

  it("terminates before each launch but the first", () => {
    fc.assert(fc.property(anyEvents, (events) => {
      let ends = 0;
      run(beginMachine().machine, events, (actions) => {
        if (kinds(actions).includes("terminate")) ends++;
        if (!kinds(actions).includes("launch")) return;
        assert(ends > 0, "launched over a live one");
        ends = 0;
      });
    }));
  });

  it("stops whatever happens before and after, once nothing is left", () => {
    const harmless = indices.filter((at) => !["stuck", "gone", "superseded"].includes(eventsOf(1)[at]!.kind));
    const stop: [Event, number] = [{ kind: "stop", graceMs: 12_000 }, 0];
    const after = fc.array(
      fc.tuple(
        fc.record({ index: fc.constantFrom(...harmless), isLate: fc.boolean() }),
        fc.integer({ min: 0, max: 90_000 }),
      ),
      { maxLength: 30 },
    );
    fc.assert(fc.property(anyEvents, after, (before, later) => {
      const machine = run(beginMachine().machine, before);
      fc.pre(machine.state.kind !== "failed" && machine.state.kind !== "superseded");
      let launches = 0;
      const end = run(machine, [stop, ...later, [{ kind: "gone" }, 0]], (actions) => {
        launches += kinds(actions).filter((kind) => kind === "launch").length;
      });
      assertEquals([end.state.kind, launches], ["stopped", 0]);
    }));
  });

  it("does nothing once it is over, but for giving way to a supervisor that took its place", () => {
    fc.assert(fc.property(anyEvents, (events) => {
      run(beginMachine().machine, events, (actions, { state }) => {
        if (!isOver(state)) return;
        const allowed = state.kind === "superseded" ? [] : ["unwatch", "releaseLocks"];
        assertEquals(kinds(actions).filter((kind) => !allowed.includes(kind)), []);
      });
    }));
  });

  it("touches neither process nor files once it is superseded, and no file of a home that was deleted", () => {
    fc.assert(fc.property(anyEvents, (events) => {
      let wasSuperseded = false;
      const end = run(beginMachine().machine, events, (actions, _before, { state }, event) => {
        assert(!wasSuperseded || actions.length === 0);
        if (event.kind !== "superseded") return;
        wasSuperseded = true;
        assertEquals(state.kind, "superseded");
      });
      assertEquals(ownsFiles(end), !wasSuperseded && !end.isHomeDeleted);
    }));
  });

  it("counts restarts up by one, and keeps those of the window alone", () => {
    fc.assert(fc.property(anyEvents, fc.nat(4), (events, limit) => {
      const policy = { ...DEFAULT_POLICY, maxRestarts: limit };
      run(beginMachine().machine, events, (actions, before, after) => {
        assert(after.restarts === before.restarts || after.restarts === before.restarts + 1);
        if (limit > 0) assert(after.restartsAtMs.length <= limit);
        if (after.restarts > before.restarts) {
          assertEquals([after.state.kind, kinds(actions).includes("terminate")], ["backoff", true]);
        }
      }, { ...CONTEXT, policy });
    }));
  });
});

describe("step() in a launch", () => {
  it("fails at once where the first launch of a start fails", () => {
    const { machine, actions } = step(
      beginMachine().machine,
      { kind: "launchFailed", attempt: 1, failure: FAILURE, final: false },
      CONTEXT,
    );
    assertEquals([machine.state, actions], [{ kind: "failed", failure: FAILURE }, []]);
    assert(ownsFiles(machine));
  });

  it("retries also the first launch of a start where what it needs was down", () => {
    const failed = { kind: "launchFailed", attempt: 1, failure: FAILURE, final: false, passing: true } as const;
    assertEquals(step(beginMachine().machine, failed, CONTEXT).machine.state.kind, "backoff");
  });

  it("retries where a process that served before does not come up, unless that cannot help", () => {
    const relaunched = inState({ kind: "starting", first: false }, { attempt: 2, shortLives: 1 });
    const failed = (final: boolean) =>
      step(relaunched, { kind: "launchFailed", attempt: 2, failure: FAILURE, final }, CONTEXT).machine;
    assertEquals([failed(false).state.kind, failed(false).shortLives], ["backoff", 2]);
    assertEquals(failed(true).state, { kind: "failed", failure: FAILURE });
  });

  it("restarts a process that exited between the proof that it was ready and the word of it", () => {
    const { machine, actions } = step(
      CRASH_NOW(beginMachine().machine).machine,
      { kind: "ready", attempt: 1 },
      CONTEXT,
    );
    assertEquals([machine.state.kind, machine.lastExit?.reason], ["backoff", "crashed"]);
    assertEquals(kinds(actions), ["unwatch", "terminate"]);
  });
});

describe("step() after a crash", () => {
  const delaysOf = (crashes: [Event | ((machine: Machine) => Event), number][][]): number[] => {
    const delays: number[] = [];
    run(inState({ kind: "running", sinceMs: 0 }), crashes.flat(), (_actions, before, { state }) => {
      if (before.state.kind === "running" && state.kind === "backoff") delays.push(state.delayMs);
    });
    return delays;
  };

  it("restarts after a short life at once, then with growing waits", () => {
    assertEquals(delaysOf([CRASH, CRASH, CRASH, CRASH]), [0, 188, 375, 750]);
  });

  it("restarts after each long life at once, however many crashes came before", () => {
    const long = crashAfter(2000);
    assertEquals(delaysOf([long, long, long, long]), [0, 0, 0, 0]);
    assertEquals(delaysOf([CRASH, CRASH, CRASH, long, CRASH, CRASH]), [0, 188, 375, 0, 0, 188]);
    assertEquals(delaysOf([CRASH, crashAfter(1998)]), [0, 188], "2 s are the least");
  });

  it("keeps its reason and its exit, also where the exit is told twice", () => {
    const once = CRASH_NOW(inState({ kind: "running", sinceMs: 0 })).machine;
    assertEquals(once.lastExit, { code: null, signal: "SIGKILL", at: "2026-01-02T03:04:05.678Z", reason: "crashed" });
    assertEquals(CRASH_NOW(once), { machine: once, actions: [] });
  });

  it("launches as soon as nothing is left when there is no wait, else when it is due", () => {
    const now = step(inState({ kind: "backoff", phase: "ending", delayMs: 0 }), { kind: "gone" }, CONTEXT);
    assertEquals(now.actions, [{ kind: "launch", attempt: 2, first: false }]);
    const later = step(inState({ kind: "backoff", phase: "ending", delayMs: 250 }), { kind: "gone" }, CONTEXT);
    assertEquals(later.actions, [{ kind: "schedule", attempt: 1, delayMs: 250 }]);
    assertEquals(step(later.machine, { kind: "due", attempt: 0 }, CONTEXT).actions, [], "an earlier wait");
    const due = step(later.machine, { kind: "due", attempt: 1 }, CONTEXT);
    assertEquals(due.machine.state, { kind: "starting", first: false });
    assertEquals(kinds(due.actions), ["launch"]);
    // A start that comes while what is left is being terminated ends the wait that has not begun.
    const ending = inState({ kind: "backoff", phase: "ending", delayMs: 250 });
    const early = step(ending, { kind: "due", attempt: 1 }, CONTEXT);
    assertEquals([early.machine.state.kind, early.actions], ["backoff", []]);
    assertEquals(kinds(step(early.machine, { kind: "gone" }, CONTEXT).actions), ["launch"]);
  });

  it("gives up after ten restarts within five minutes, and first ends what is left", () => {
    let machine = inState({ kind: "running", sinceMs: 0 });
    for (let crash = 0; crash < 10; crash++) {
      machine = run(machine, CRASH);
      assertEquals(machine.state.kind, "running", `after ${crash + 1} crashes`);
    }
    const { machine: ending, actions } = CRASH_NOW(machine);
    assertEquals([ending.state, kinds(actions)], [{ kind: "stopping", then: "fail" }, ["unwatch", "terminate"]]);
    const { state } = step(ending, { kind: "gone" }, CONTEXT).machine;
    assert(state.kind === "failed");
    assertEquals(state.failure.code, "gave-up");
    assertEquals(state.failure.message, "Gave up: Temporal exited 11 times within 5 minutes");
    assertEquals(ending.restarts, 10);
  });

  it("says why the last launch failed when it gives up", () => {
    const failure = { code: "launch-failed", message: "The disk is full", hint: "Free some space" } as const;
    const failed = { kind: "launchFailed", attempt: 1, failure, final: false } as const;
    const once = { ...CONTEXT, policy: { ...CONTEXT.policy, maxRestarts: 1 } };
    const crashed = CRASH_NOW(inState({ kind: "running", sinceMs: 0 }), once).machine;
    const starting = { ...crashed, state: { kind: "starting", first: false } } as const;
    const { state } = step(step(starting, failed, once).machine, { kind: "gone" }, once).machine;
    assert(state.kind === "failed");
    const message = "Gave up: Temporal exited 2 times within 5 minutes; the last launch failed: The disk is full";
    assertEquals(state.failure.message, message);
    assertEquals(state.failure.hint?.startsWith("Free some space; `stigmer-local start` tries again"), true);
    assertEquals(state.failure.facts?.["launchFailure"], failure);
    assertEquals(step(starting, { kind: "ready", attempt: 1 }, once).machine.launchFailure, null);
  });

  it("does not give up over crashes that are far apart, nor without a limit", () => {
    const crashes = (afterMs: number, limit: number) =>
      run(
        inState({ kind: "running", sinceMs: 0 }),
        Array.from({ length: 30 }, () => crashAfter(afterMs)).flat(),
        undefined,
        {
          ...CONTEXT,
          policy: { ...DEFAULT_POLICY, maxRestarts: limit },
        },
      );
    assertEquals([crashes(40_000, 10).state.kind, crashes(1, 0).restarts], ["running", 30]);
    assertEquals(crashes(1, 10).state.kind, "failed");
  });
});

describe("step() on failed health checks", () => {
  const sick: [Event, number] = [{ kind: "sick" }, 1];

  it("takes three in a row for a hang, and ends it without grace", () => {
    const performed: Action[] = [];
    const machine = run(
      inState({ kind: "running", sinceMs: 0 }),
      [sick, sick, sick],
      (actions) => performed.push(...actions),
    );
    assertEquals(performed, [{ kind: "unwatch" }, { kind: "terminate", graceMs: 0 }]);
    assertEquals(CRASH_NOW(machine).machine.lastExit?.reason, "hung: 3 health checks in a row failed");
    assertEquals([machine.state.kind, machine.restarts], ["backoff", 1]);
  });

  it("begins to count anew after one that passed, and keeps the age of its health", () => {
    const machine = run(inState({ kind: "running", sinceMs: 0 }), [sick, sick, [{ kind: "healthy" }, 1], sick, sick]);
    assertEquals(machine.state, { kind: "unhealthy", sinceMs: 0, failures: 2 });
  });
});

describe("step() on commands", () => {
  const stop: Event = { kind: "stop", graceMs: 12_000 };
  const restart: Event = { kind: "restart", graceMs: 12_000 };

  it("leaves at once where nothing is alive", () => {
    const { machine, actions } = step(inState({ kind: "backoff", phase: "waiting", delayMs: 250 }), stop, CONTEXT);
    assertEquals([machine.state.kind, kinds(actions)], ["stopped", []]);
  });

  it("lets a stop win over a restart, and passes a shorter grace period on", () => {
    const stopping = step(inState({ kind: "stopping", then: "launch" }), { kind: "stop", graceMs: 0 }, CONTEXT);
    assertEquals(stopping.machine.state, { kind: "stopping", then: "stop" });
    assertEquals(stopping.actions.at(-1), { kind: "terminate", graceMs: 0 });
    assertEquals(step(stopping.machine, restart, CONTEXT).machine.state, { kind: "stopping", then: "stop" });
  });

  it("begins anew with a restart: earlier crashes count no more", () => {
    const crashed = inState({ kind: "running", sinceMs: 0 }, { restarts: 3, shortLives: 3, restartsAtMs: [1, 2, 3] });
    const { state, attempt, restarts, restartsAtMs, shortLives, lastExit } = run(crashed, [
      [restart, 0],
      [exited(1), 0],
      [{ kind: "gone" }, 0],
    ]);
    assertEquals([state, attempt], [{ kind: "starting", first: true }, 2]);
    assertEquals([restarts, restartsAtMs, shortLives, lastExit?.reason], [3, [], 0, "stopped"]);
  });

  it("fails where the group can't be ended", () => {
    const { machine, actions } = step(
      inState({ kind: "stopping", then: "stop" }),
      { kind: "stuck", failure: FAILURE },
      CONTEXT,
    );
    assertEquals([machine.state, actions], [{ kind: "failed", failure: FAILURE }, []]);
  });
});

describe("step() when the home is another's or gone", () => {
  const homeDeleted: Event = { kind: "homeDeleted", graceMs: 12_000 };

  it("releases the locks and leaves the process alone when it is superseded", () => {
    const { machine, actions } = step(inState({ kind: "running", sinceMs: 0 }), { kind: "superseded" }, CONTEXT);
    assertEquals(machine.state, { kind: "superseded" });
    assertEquals(kinds(actions), ["unwatch", "releaseLocks"]);
    assert(!ownsFiles(machine));
  });

  it("forgets its own end when it is superseded before it has left", () => {
    const failed = inState({ kind: "failed", failure: FAILURE });
    const { machine, actions } = step(failed, { kind: "superseded" }, CONTEXT);
    assertEquals([machine.state.kind, kinds(actions)], ["superseded", ["unwatch", "releaseLocks"]]);
  });

  it("stops the process once, and touches no file, when the home is deleted", () => {
    const { machine, actions } = step(inState({ kind: "running", sinceMs: 0 }), homeDeleted, CONTEXT);
    assertEquals(machine.state, { kind: "stopping", then: "stop" });
    assertEquals(kinds(actions), ["unwatch", "terminate"]);
    assertEquals(step(machine, homeDeleted, CONTEXT).actions, []);
    const { machine: end } = step(machine, { kind: "gone" }, CONTEXT);
    assertEquals([end.state.kind, ownsFiles(end)], ["stopped", false]);
  });

  it("stops at once when the home is deleted while a restart is due", () => {
    const waiting = inState({ kind: "backoff", phase: "waiting", delayMs: 250 });
    const { machine, actions } = step(waiting, homeDeleted, CONTEXT);
    assertEquals([machine.state.kind, kinds(actions)], ["stopped", []]);
  });
});
