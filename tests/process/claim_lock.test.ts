import { describe, it } from "node:test";
import { assertEquals, assertRejects } from "@std/assert";
import { LocalError } from "../../lib/errors/local_error.ts";
import { claimLock } from "../../lib/process/claim_lock.ts";
import { terminate, type TerminationTarget } from "../../lib/process/terminate.ts";
import { withFakeInstance } from "../fakes/instance.ts";
import type { FakeProcess } from "../fakes/process_table.ts";

function targetOf({ pid, startTime }: FakeProcess): TerminationTarget {
  return { pgid: pid, leaderStartTime: startTime };
}

describe("claimLock()", () => {
  it(
    "takes a free lock",
    withFakeInstance(async (fake) => {
      assertEquals((await claimLock(fake.instance)).isCurrent(), "ours");
    }),
  );

  it(
    "kills a leftover that holds it outside the group of its Temporal",
    withFakeInstance(async (fake) => {
      const temporal = await fake.orphan();
      const daemon = fake.system.table.fork(temporal, { atSigterm: "ignores it" });
      fake.system.table.setsid(daemon);
      await terminate(fake.system, targetOf(temporal), 12_000);
      assertEquals(fake.system.processes.isThere(daemon.pid), true);
      assertEquals((await claimLock(fake.instance)).isCurrent(), "ours");
      assertEquals(daemon.received, ["SIGKILL"]);
    }),
  );

  it(
    "waits for a holder that cannot be seen to let go of it",
    withFakeInstance(async (fake) => {
      const other = fake.system.table.spawn({ isOtherUsers: true }, 1);
      await fake.passLock(fake.paths.processLock, other);
      fake.system.clock.after(4000, () => fake.system.table.exit(other));
      assertEquals((await claimLock(fake.instance)).isCurrent(), "ours");
      assertEquals(fake.system.signals.sent, []);
    }),
  );

  it(
    "gives up when another holder comes after each termination",
    withFakeInstance(async (fake) => {
      const holders: FakeProcess[] = [];
      const tryLock = async () => {
        holders.push(await fake.orphan()); // it takes the lock before we do
        return null;
      };
      const error = await assertRejects(() => claimLock({ ...fake.instance, tryLock }), LocalError);
      assertEquals([error.code, holders.length], ["lock-failed", 100]);
    }),
  );

  it(
    "gives up on a holder that does not",
    withFakeInstance(async (fake) => {
      await fake.passLock(fake.paths.processLock, fake.system.table.spawn({ isOtherUsers: true }, 1));
      assertEquals((await assertRejects(() => claimLock(fake.instance), LocalError)).code, "lock-failed");
      assertEquals(fake.system.signals.sent, []);
    }),
  );
});
