import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { DEFAULT_RESTART_POLICY } from "../../lib/config/restart_policy.ts";
import type { Failure } from "../../lib/errors/failure.ts";
import type { Exit } from "../../lib/instance/status/status.ts";
import {
  type Action,
  beginMachine,
  type Event,
  type Machine,
  type State,
  step,
  type StepContext,
} from "../../lib/supervisor/lifecycle.ts";

const FAILURE: Failure = { code: "launch-failed", message: "it did not start" };
const EXIT: Exit = { code: null, signal: "SIGKILL", at: "2026-01-02T03:04:05.678Z", reason: "crashed" };
const CONTEXT: StepContext = { nowMs: 0, random: 0.5, policy: DEFAULT_RESTART_POLICY, failuresUntilHung: 3 };

const EVENTS: Event[] = [
  { kind: "ready" },
  { kind: "launchFailed", failure: FAILURE, final: false },
  { kind: "launchFailed", failure: FAILURE, final: true },
  { kind: "exited", exit: EXIT },
  { kind: "healthy" },
  { kind: "sick" },
  { kind: "gone" },
  { kind: "due" },
  { kind: "stop", graceMs: 12_000 },
  { kind: "restart", graceMs: 12_000 },
  { kind: "stuck", failure: FAILURE },
];

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
];

/** Any event, but seldom one that ends it all: most lives are to be long. */
const anyEvent = fc.oneof(
  {
    weight: 15,
    arbitrary: fc.constantFrom(...EVENTS.filter(({ kind }) => !["stop", "stuck", "launchFailed"].includes(kind))),
  },
  { weight: 1, arbitrary: fc.constantFrom(...EVENTS) },
);
const anyEvents = fc.array(fc.tuple(anyEvent, fc.integer({ min: 0, max: 90_000 })), { maxLength: 60 });

const inState = (state: State, rest: Partial<Machine> = {}): Machine => ({
  restarts: 0,
  restartsAtMs: [],
  attempt: 0,
  ...rest,
  state,
});
const isOver = ({ kind }: State): boolean => kind === "stopped" || kind === "failed";
const kinds = (actions: Action[]): string[] => actions.map(({ kind }) => kind);

/** Feeds `events`, each so many ms after the one before. */
function run(
  machine: Machine,
  events: Iterable<readonly [Event, number]>,
  each?: (actions: Action[], before: Machine, after: Machine) => void,
  context = CONTEXT,
): Machine {
  let nowMs = context.nowMs;
  for (const [event, afterMs] of events) {
    nowMs += afterMs;
    const next = step(machine, event, { ...context, nowMs });
    each?.(next.actions, machine, next.machine);
    machine = next.machine;
  }
  return machine;
}

/** A crash right after it served, and its end. */
const CRASH: [Event, number][] = [[{ kind: "exited", exit: EXIT }, 1], [{ kind: "gone" }, 1], [{ kind: "due" }, 1], [{
  kind: "ready",
}, 1]];

describe("step()", () => {
  it("knows a legal state for every pair of state and event", () => {
    for (const state of STATES) {
      for (const event of EVENTS) {
        const { machine, actions } = step(inState(state), event, CONTEXT);
        const pair = `${JSON.stringify(state)} × ${event.kind}`;
        assert(STATES.some(({ kind }) => kind === machine.state.kind), pair);
        assertEquals(actions.some(({ kind }) => kind === "quit"), !isOver(state) && isOver(machine.state), pair);
        if (isOver(state)) assertEquals(machine.state, state, pair);
        if (machine.state.kind === "backoff" && machine.state.phase === "ending" && state.kind !== "backoff") {
          assert(kinds(actions).includes("end"), `${pair} must end what is left`);
        }
        if (machine.state.kind === "stopping" && state.kind !== "stopping") {
          assert(kinds(actions).includes("end"), pair);
        }
        assertEquals(
          kinds(actions).includes("launch"),
          machine.state.kind === "starting" && state.kind !== "starting",
          pair,
        );
      }
    }
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
      let mayLive = false;
      const launch = (actions: Action[]) => {
        if (!kinds(actions).includes("launch")) return;
        assert(!mayLive, "two at once");
        mayLive = true;
      };
      launch(beginMachine().actions);
      let machine = beginMachine().machine;
      for (const [event, nowMs] of events) {
        if (event.kind === "gone") mayLive = false;
        const next = step(machine, event, { ...CONTEXT, nowMs });
        launch(next.actions);
        machine = next.machine;
      }
    }));
  });

  it("asks for an end before each launch but the first", () => {
    fc.assert(fc.property(anyEvents, (events) => {
      let ends = 0;
      run(beginMachine().machine, events, (actions) => {
        if (kinds(actions).includes("end")) ends++;
        if (!kinds(actions).includes("launch")) return;
        assert(ends > 0, "launched over a live one");
        ends = 0;
      });
    }));
  });

  it("stops whatever happens before and after, once nothing is left", () => {
    const harmless = EVENTS.filter(({ kind }) => kind !== "stuck" && kind !== "gone");
    const stop: [Event, number] = [{ kind: "stop", graceMs: 12_000 }, 0];
    fc.assert(fc.property(
      anyEvents,
      fc.array(fc.tuple(fc.constantFrom(...harmless), fc.integer({ min: 0, max: 90_000 })), { maxLength: 30 }),
      (before, after) => {
        const machine = run(beginMachine().machine, before);
        fc.pre(machine.state.kind !== "failed");
        let launches = 0;
        const end = run(machine, [stop, ...after, [{ kind: "gone" }, 0]], (actions) => {
          launches += kinds(actions).filter((kind) => kind === "launch").length;
        });
        assertEquals([end.state.kind, launches], ["stopped", 0]);
      },
    ));
  });

  it("quits once, and does nothing afterwards", () => {
    fc.assert(fc.property(anyEvents, (events) => {
      let hasQuit = false;
      run(beginMachine().machine, events, (actions) => {
        assert(!hasQuit || actions.length === 0);
        if (kinds(actions).includes("quit")) hasQuit = true;
      });
    }));
  });

  it("counts restarts up by one, and keeps those of the window alone", () => {
    fc.assert(fc.property(anyEvents, fc.nat(4), (events, limit) => {
      const policy = { ...DEFAULT_RESTART_POLICY, limit };
      run(beginMachine().machine, events, (actions, before, after) => {
        assert(after.restarts === before.restarts || after.restarts === before.restarts + 1);
        if (limit > 0) assert(after.restartsAtMs.length <= limit);
        if (after.restarts > before.restarts) {
          assertEquals([after.state.kind, kinds(actions).includes("end")], ["backoff", true]);
        }
      }, { ...CONTEXT, policy });
    }));
  });
});

describe("step() in a launch", () => {
  it("fails at once where the first launch of a start fails", () => {
    const { machine, actions } = step(
      beginMachine().machine,
      { kind: "launchFailed", failure: FAILURE, final: false },
      CONTEXT,
    );
    assertEquals([machine.state, kinds(actions)], [{ kind: "failed", failure: FAILURE }, ["quit"]]);
  });

  it("tries again where a Temporal that served before does not come up, unless that can't help", () => {
    const relaunched = inState({ kind: "starting", first: false }, { attempt: 1 });
    const again = step(relaunched, { kind: "launchFailed", failure: FAILURE, final: false }, CONTEXT);
    assertEquals([again.machine.state.kind, again.machine.attempt], ["backoff", 2]);
    const final = step(relaunched, { kind: "launchFailed", failure: FAILURE, final: true }, CONTEXT);
    assertEquals(final.machine.state, { kind: "failed", failure: FAILURE });
  });
});

describe("step() after a crash", () => {
  it("restarts at once, then with growing waits", () => {
    const delays: number[] = [];
    const running = inState({ kind: "running", sinceMs: 0 });
    run(running, [...CRASH, ...CRASH, ...CRASH, ...CRASH], (_actions, _before, { state }) => {
      if (state.kind === "backoff" && state.phase === "ending") delays.push(state.delayMs);
    });
    assertEquals(delays, [0, 188, 375, 750]);
  });

  it("launches as soon as nothing is left when there is no wait, else when it is due", () => {
    const now = step(inState({ kind: "backoff", phase: "ending", delayMs: 0 }), { kind: "gone" }, CONTEXT);
    assertEquals(kinds(now.actions), ["launch"]);
    const later = step(inState({ kind: "backoff", phase: "ending", delayMs: 250 }), { kind: "gone" }, CONTEXT);
    assertEquals(later.actions, [{ kind: "schedule", delayMs: 250 }]);
    const due = step(later.machine, { kind: "due" }, CONTEXT);
    assertEquals([due.machine.state, kinds(due.actions)], [{ kind: "starting", first: false }, ["launch"]]);
  });

  it("forgets crashes after lasting health", () => {
    const crashed = (sinceMs: number) =>
      step(inState({ kind: "running", sinceMs }, { attempt: 5 }), { kind: "exited", exit: EXIT }, {
        ...CONTEXT,
        nowMs: 60_000,
      }).machine;
    assertEquals([crashed(0).attempt, crashed(1).attempt], [1, 6]);
    assertEquals(crashed(0).state, { kind: "backoff", phase: "ending", delayMs: 0 });
  });

  it("gives up after ten restarts within five minutes, and first ends what is left", () => {
    let machine = inState({ kind: "running", sinceMs: 0 });
    for (let crash = 0; crash < 10; crash++) {
      machine = run(machine, CRASH);
      assertEquals(machine.state.kind, "running", `after ${crash + 1} crashes`);
    }
    const { machine: ending, actions } = step(machine, { kind: "exited", exit: EXIT }, CONTEXT);
    assertEquals([ending.state, kinds(actions)], [{ kind: "stopping", then: "fail" }, ["unwatch", "end"]]);
    const { state } = step(ending, { kind: "gone" }, CONTEXT).machine;
    assert(state.kind === "failed");
    assertEquals(state.failure.code, "gave-up");
    assertEquals(state.failure.message, "Gave up: Temporal ended 11 times within 5 minutes");
    assertEquals(ending.restarts, 10);
  });

  it("does not give up over crashes that are far apart, nor without a limit", () => {
    const crashes = (afterMs: number, limit: number) =>
      run(
        inState({ kind: "running", sinceMs: 0 }),
        Array.from({ length: 30 }, (): [Event, number][] => [[EVENTS[3]!, afterMs], ...CRASH.slice(1)]).flat(),
        undefined,
        {
          ...CONTEXT,
          policy: { ...DEFAULT_RESTART_POLICY, limit },
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
    assertEquals(performed, [{ kind: "noteHang", failures: 3 }, { kind: "unwatch" }, { kind: "end", graceMs: 0 }]);
    assertEquals([machine.state.kind, machine.restarts], ["backoff", 1]);
  });

  it("begins to count anew after one that passed, and keeps the age of its health", () => {
    const machine = run(inState({ kind: "running", sinceMs: 0 }), [sick, sick, [{ kind: "healthy" }, 1], sick, sick]);
    assertEquals(machine.state, { kind: "unhealthy", sinceMs: 0, failures: 2 });
  });
});

describe("step() on orders", () => {
  const stop: Event = { kind: "stop", graceMs: 12_000 };
  const restart: Event = { kind: "restart", graceMs: 12_000 };

  it("leaves at once where nothing is alive", () => {
    const { machine, actions } = step(inState({ kind: "backoff", phase: "waiting", delayMs: 250 }), stop, CONTEXT);
    assertEquals([machine.state.kind, kinds(actions)], ["stopped", ["quit"]]);
  });

  it("lets a stop win over a restart, and passes a shorter grace period on", () => {
    const stopping = step(inState({ kind: "stopping", then: "launch" }), { kind: "stop", graceMs: 0 }, CONTEXT);
    assertEquals(stopping.machine.state, { kind: "stopping", then: "stop" });
    assertEquals(stopping.actions.at(-1), { kind: "end", graceMs: 0 });
    assertEquals(step(stopping.machine, restart, CONTEXT).machine.state, { kind: "stopping", then: "stop" });
  });

  it("begins anew with a restart: earlier crashes count no more", () => {
    const crashed = inState({ kind: "running", sinceMs: 0 }, { restarts: 3, attempt: 3, restartsAtMs: [1, 2, 3] });
    const machine = run(crashed, [[restart, 0], [{ kind: "exited", exit: EXIT }, 0], [{ kind: "gone" }, 0]]);
    assertEquals(machine, { state: { kind: "starting", first: true }, restarts: 3, attempt: 0, restartsAtMs: [] });
  });

  it("fails where the group can't be ended", () => {
    const { machine, actions } = step(
      inState({ kind: "stopping", then: "stop" }),
      { kind: "stuck", failure: FAILURE },
      CONTEXT,
    );
    assertEquals([machine.state, kinds(actions)], [{ kind: "failed", failure: FAILURE }, ["quit"]]);
  });
});
