import { describe, it } from "node:test";
import { assertEquals, assertGreaterOrEqual, assertLess, assertRejects } from "@std/assert";
import { LocalError } from "../../lib/errors/local_error.ts";
import { terminate, Termination, type TerminationResult } from "../../lib/process/terminate.ts";
import { type FakeInstance, type OrphanOptions, withFakeInstance } from "../fakes/instance.ts";
import type { FakeProcess } from "../fakes/process_table.ts";

/** The grace period of all these tests. */
const GRACE_MS = 12_000;

interface EndOptions {
  graceMs?: number;
  /** The leader was dead when the group was proved to be ours. */
  isLeaderDead?: boolean;
  termination?: Termination;
}

/** Ends the group of `leader`. */
function end(fake: FakeInstance, leader: FakeProcess, options: EndOptions = {}): Promise<TerminationResult> {
  const { graceMs = GRACE_MS, termination = new Termination(fake.system) } = options;
  const leaderStartTime = options.isLeaderDead ? null : leader.startTime;
  return terminate(fake.system, { pgid: leader.pid, leaderStartTime }, graceMs, termination);
}

/** A termination to which `change` happens after `ms`. */
function changedAfter(fake: FakeInstance, ms: number, change: (termination: Termination) => void): Termination {
  const termination = new Termination(fake.system);
  fake.system.clock.after(ms, () => change(termination));
  return termination;
}

/** A termination to which `change` happened before. */
function changed(fake: FakeInstance, change: (termination: Termination) => void): Termination {
  const termination = new Termination(fake.system);
  change(termination);
  return termination;
}

function isGone(fake: FakeInstance, { pid }: FakeProcess): boolean {
  return fake.system.processes.liveGroupMembers(pid).length === 0;
}

/** Runs `body` with a Temporal that behaves so. */
function withTemporal(
  options: OrphanOptions,
  body: (fake: FakeInstance, temporal: FakeProcess) => Promise<void>,
): () => Promise<void> {
  return withFakeInstance(async (fake) => body(fake, await fake.orphan(options)));
}

describe("ending a group", () => {
  it(
    "asks it to end, and does not kill one that does so",
    withTemporal({}, async (fake, temporal) => {
      assertEquals((await end(fake, temporal)).forced, false);
      assertEquals([temporal.received, isGone(fake, temporal)], [["SIGTERM"], true]);
    }),
  );

  it(
    "gives it the whole grace period to drain",
    withTemporal({ atSigterm: { exitsAfterMs: GRACE_MS - 100 } }, async (fake, temporal) => {
      const { forced, ms } = await end(fake, temporal);
      assertEquals([forced, temporal.received.includes("SIGKILL"), isGone(fake, temporal)], [false, false, true]);
      assertGreaterOrEqual(ms, GRACE_MS - 100);
    }),
  );

  it(
    "gives it the whole grace period though the machine sleeps for an hour meanwhile",
    withTemporal({ atSigterm: { exitsAfterMs: 5000 } }, async (fake, temporal) => {
      const { clock } = fake.system;
      clock.after(100, () => clock.block(3_600_000));
      assertEquals((await end(fake, temporal)).forced, false);
      assertEquals(temporal.received, ["SIGTERM", "SIGCONT"]);
    }),
  );

  it(
    "kills one that ignores SIGTERM when the grace period without the sleep of the machine is over",
    withTemporal({ atSigterm: "ignores it" }, async (fake, temporal) => {
      const { clock } = fake.system;
      const from = clock.nowMs();
      clock.after(100, () => clock.block(3_600_000));
      assertEquals((await end(fake, temporal)).forced, true);
      assertGreaterOrEqual(clock.nowMs() - from, 3_600_000 + GRACE_MS - 200);
      assertLess(clock.nowMs() - from, 3_600_000 + GRACE_MS + 200);
    }),
  );

  it(
    "kills one that ignores SIGTERM when the grace period is over, and not before",
    withTemporal({ atSigterm: "ignores it" }, async (fake, temporal) => {
      const { forced, ms } = await end(fake, temporal);
      assertEquals([forced, isGone(fake, temporal)], [true, true]);
      assertEquals([temporal.received[0], temporal.received.at(-1)], ["SIGTERM", "SIGKILL"]);
      assertGreaterOrEqual(ms, GRACE_MS);
      assertLess(ms, GRACE_MS + 100);
    }),
  );

  it(
    "kills at once without a grace period",
    withTemporal({}, async (fake, temporal) => {
      assertEquals((await end(fake, temporal, { graceMs: 0 })).forced, true);
      assertEquals([temporal.received, isGone(fake, temporal)], [["SIGKILL"], true]);
    }),
  );

  it(
    "continues a stopped one, so that it can act on SIGTERM",
    withTemporal({}, async (fake, temporal) => {
      fake.system.kill(-temporal.pid, "SIGSTOP");
      const { forced } = await end(fake, temporal);
      assertEquals([forced, isGone(fake, temporal)], [false, true]);
      assertEquals(temporal.received, ["SIGSTOP", "SIGTERM", "SIGCONT"]);
    }),
  );

  it(
    "kills one that is stopped again and again",
    withTemporal({ atSigterm: "ignores it" }, async (fake, temporal) => {
      for (let ms = 0; ms < GRACE_MS; ms += 500) {
        fake.system.clock.after(ms, () => fake.system.kill(temporal.pid, "SIGSTOP"));
      }
      assertEquals([(await end(fake, temporal)).forced, isGone(fake, temporal)], [true, true]);
    }),
  );

  it(
    "reaches every member, those that are forked meanwhile too",
    withTemporal({ atSigterm: "ignores it" }, async (fake, temporal) => {
      const child = fake.system.table.fork(temporal);
      const late: FakeProcess[] = [];
      fake.system.clock.after(3000, () => late.push(fake.system.table.fork(temporal, { atSigterm: "ignores it" })));
      assertEquals((await end(fake, temporal)).forced, true);
      assertEquals([child.received[0], late[0]?.received, isGone(fake, temporal)], ["SIGTERM", ["SIGKILL"], true]);
    }),
  );

  it(
    "waits for members that outlive their leader",
    withTemporal({}, async (fake, temporal) => {
      const child = fake.system.table.fork(temporal, { atSigterm: { exitsAfterMs: 4000 } });
      const { forced, ms } = await end(fake, temporal);
      assertEquals([forced, child.received.includes("SIGKILL"), isGone(fake, temporal)], [false, false, true]);
      assertGreaterOrEqual(ms, 4000);
    }),
  );

  it(
    "kills members that outlive their leader and ignore SIGTERM",
    withTemporal({}, async (fake, temporal) => {
      const child = fake.system.table.fork(temporal, { atSigterm: "ignores it" });
      const { forced, ms } = await end(fake, temporal);
      assertEquals([forced, child.received.at(-1), isGone(fake, temporal)], [true, "SIGKILL", true]);
      assertGreaterOrEqual(ms, GRACE_MS);
    }),
  );

  it(
    "ends the members of a leader that was dead before",
    withTemporal({}, async (fake, temporal) => {
      const child = fake.system.table.fork(temporal);
      fake.system.table.exit(temporal);
      assertEquals((await end(fake, temporal, { isLeaderDead: true })).forced, false);
      assertEquals([child.received, isGone(fake, temporal)], [["SIGTERM"], true]);
    }),
  );

  it(
    "does not wait for zombies that are never reaped",
    withTemporal({}, async (fake, temporal) => {
      temporal.parentPid = fake.system.table.spawn({ neverReaps: true }).pid;
      const { forced, ms } = await end(fake, temporal);
      assertEquals([forced, temporal.state, temporal.received], [false, "Z", ["SIGTERM"]]);
      assertLess(ms, 100);
    }),
  );

  it(
    "waits for a member that is just dying",
    withTemporal({}, async (fake, temporal) => {
      fake.system.table.exit(temporal, 2000);
      const { forced, ms } = await end(fake, temporal);
      assertEquals([forced, isGone(fake, temporal)], [false, true]);
      assertGreaterOrEqual(ms, 2000);
    }),
  );

  it(
    "sends nothing to a group that is gone",
    withTemporal({}, async (fake, temporal) => {
      fake.system.table.exit(temporal);
      assertEquals((await end(fake, temporal)).forced, false);
      assertEquals(fake.system.signals.sent, []);
    }),
  );

  it(
    "does not touch what left the group",
    withTemporal({}, async (fake, temporal) => {
      const daemon = fake.system.table.fork(temporal);
      fake.system.table.setsid(daemon);
      await end(fake, temporal, { graceMs: 0 });
      assertEquals([daemon.received, isGone(fake, daemon)], [[], false]);
    }),
  );
});

describe("ending a group whose number was given to another process", () => {
  it(
    "sends no signal when that happened before",
    withTemporal({}, async (fake, temporal) => {
      fake.system.clock.after(1000, () => fake.system.table.exit(temporal));
      await fake.system.delay(2000);
      const stranger = fake.system.table.spawn({ pid: temporal.pid }, 1);
      assertEquals((await end(fake, temporal)).forced, false);
      assertEquals([stranger.received, isGone(fake, stranger)], [[], false]);
    }),
  );

  for (const graceMs of [GRACE_MS, 1000]) {
    it(
      `does not kill that process, in a grace period of ${graceMs} ms`,
      withTemporal({ atSigterm: "ignores it" }, async (fake, temporal) => {
        const strangers: FakeProcess[] = [];
        fake.system.clock.after(graceMs - 500, () => { // between two looks
          fake.system.table.exit(temporal);
          strangers.push(fake.system.table.spawn({ pid: temporal.pid, atSigterm: "ignores it" }, 1));
        });
        assertEquals((await end(fake, temporal, { graceMs })).forced, false);
        assertEquals([strangers[0]?.received, isGone(fake, strangers[0]!)], [[], false]);
      }),
    );
  }

  it(
    "does not kill it after the grace period was cut short",
    withTemporal({ atSigterm: "ignores it" }, async (fake, temporal) => {
      const strangers: FakeProcess[] = [];
      const termination = changedAfter(fake, 500, (running) => {
        fake.system.table.exit(temporal);
        strangers.push(fake.system.table.spawn({ pid: temporal.pid }, 1));
        running.shorten(0);
      });
      assertEquals((await end(fake, temporal, { termination })).forced, false);
      assertEquals(strangers[0]?.received, []);
    }),
  );
});

describe("ending a group, cut short", () => {
  it(
    "kills it as soon as the grace period is cut short",
    withTemporal({ atSigterm: "ignores it" }, async (fake, temporal) => {
      const termination = changedAfter(fake, 700, (running) => running.shorten(0));
      const { forced, ms } = await end(fake, temporal, { termination });
      assertEquals([forced, temporal.received.at(-1), isGone(fake, temporal)], [true, "SIGKILL", true]);
      assertGreaterOrEqual(ms, 700);
      assertLess(ms, 1000);
    }),
  );

  it(
    "gives it what is left of a grace period that becomes shorter, and none that becomes longer",
    withTemporal({ atSigterm: "ignores it" }, async (fake, temporal) => {
      const termination = changedAfter(fake, 700, (running) => running.shorten(2000));
      fake.system.clock.after(800, () => termination.shorten(60_000));
      const { forced, ms } = await end(fake, temporal, { termination });
      assertEquals([forced, isGone(fake, temporal)], [true, true]);
      assertGreaterOrEqual(ms, 2700);
      assertLess(ms, 3000);
    }),
  );

  it(
    "gives a later one in the same life the whole of a grace period that was cut short before",
    withTemporal({ atSigterm: "ignores it" }, async (fake, temporal) => {
      const termination = changed(fake, (begun) => begun.shorten(2000));
      await fake.system.delay(5000);
      const { forced, ms } = await end(fake, temporal, { termination });
      assertEquals([forced, temporal.received[0]], [true, "SIGTERM"]);
      assertGreaterOrEqual(ms, 2000);
      assertLess(ms, 2300);
    }),
  );

  it(
    "kills at once when it was cut short before",
    withTemporal({ atSigterm: { exitsAfterMs: 100 } }, async (fake, temporal) => {
      const { forced, ms } = await end(fake, temporal, { termination: changed(fake, (begun) => begun.shorten(0)) });
      assertEquals([forced, isGone(fake, temporal)], [true, true]);
      assertLess(ms, 100);
    }),
  );

  it(
    "sends no further signal once another supervisor has taken over",
    withTemporal({ atSigterm: "ignores it" }, async (fake, temporal) => {
      const termination = changedAfter(fake, 700, (running) => running.cancel());
      assertEquals((await end(fake, temporal, { termination })).forced, false);
      assertEquals([temporal.received.includes("SIGKILL"), isGone(fake, temporal)], [false, false]);
    }),
  );

  it(
    "sends no signal when another supervisor had taken over before",
    withTemporal({}, async (fake, temporal) => {
      await end(fake, temporal, { graceMs: 0, termination: changed(fake, (begun) => begun.cancel()) });
      assertEquals(fake.system.signals.sent, []);
    }),
  );
});

describe("ending a group that survives SIGKILL", () => {
  for (const graceMs of [GRACE_MS, 0]) {
    it(
      `fails after a grace period of ${graceMs} ms, and names the survivors`,
      withTemporal({ isUninterruptible: true }, async (fake, temporal) => {
        const said = `survived SIGKILL by 10 s: ${temporal.pid} (`;
        const error = await assertRejects(() => end(fake, temporal, { graceMs }), LocalError, said);
        assertEquals([error.code, error.facts["pgid"]], ["stop-failed", temporal.pid]);
        const [member] = error.facts["members"] as { pid: number; state: string }[];
        assertEquals([member?.pid, member?.state], [temporal.pid, "D"]);
      }),
    );
  }

  it(
    "waits for one that the kernel lets go of in time",
    withTemporal({ isUninterruptible: true }, async (fake, temporal) => {
      fake.system.clock.after(5000, () => fake.system.table.exit(temporal));
      const { forced, ms } = await end(fake, temporal, { graceMs: 0 });
      assertEquals([forced, isGone(fake, temporal)], [true, true]);
      assertGreaterOrEqual(ms, 5000);
    }),
  );

  it(
    "fails with the system's error when it may not be signalled",
    withTemporal({ isOtherUsers: true }, async (fake, temporal) => {
      await assertRejects(() => end(fake, temporal), Error, "EPERM");
    }),
  );
});
