import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { assertEquals, assertRejects } from "@std/assert";
import { stopUnsupervised } from "../../lib/client/stop_unsupervised.ts";
import { LocalError } from "../../lib/errors/local_error.ts";
import { processesDir, processPaths } from "../../lib/instance/paths.ts";
import type { Stopped } from "../../lib/instance/status/status.ts";
import { fakeHost } from "../fakes/host.ts";
import { type FakeInstance, withFakeInstance } from "../fakes/instance.ts";

function stop(fake: FakeInstance, { graceMs = 12_000, isSilent = false } = {}): Promise<Stopped | null> {
  return stopUnsupervised(fakeHost(fake.system), fake.paths.home, graceMs, isSilent, fake.system);
}

/** Proves that the instance could be started now. */
function assertFree(fake: FakeInstance): void {
  const { supervisorLock, processLock, record, lastFailure, controlSocket } = fake.paths;
  const held = [supervisorLock, processLock].flatMap((path) => fake.system.processes.lockHolders(path));
  assertEquals(held.filter(({ on }) => on === "path"), []);
  assertEquals([record, lastFailure, controlSocket].filter((path) => existsSync(path)), []);
}

describe("stopUnsupervised()", () => {
  it(
    "succeeds when nothing runs",
    withFakeInstance(async (fake) => {
      assertEquals(await stop(fake), { pid: null, forced: false });
      assertFree(fake);
    }),
  );

  for (const lock of ["held", "deleted", "none"] as const) {
    it(
      `stops a Temporal whose lock is ${lock === "none" ? "not held, by its record" : lock}`,
      withFakeInstance(async (fake) => {
        const orphan = await fake.orphan({ lock });
        assertEquals(await stop(fake), { pid: orphan.pid, forced: false });
        assertEquals([orphan.received, fake.isAlive(orphan)], [["SIGTERM"], false]);
        assertFree(fake);
      }),
    );
  }

  it(
    "kills a Temporal that ignores SIGTERM, and says so",
    withFakeInstance(async (fake) => {
      const orphan = await fake.orphan({ atSigterm: "ignores it" });
      assertEquals(await stop(fake), { pid: orphan.pid, forced: true });
      assertFree(fake);
    }),
  );

  it(
    "kills at once without a grace period",
    withFakeInstance(async (fake) => {
      const orphan = await fake.orphan();
      assertEquals([await stop(fake, { graceMs: 0 }), orphan.received], [{ pid: orphan.pid, forced: true }, [
        "SIGKILL",
      ]]);
    }),
  );

  it(
    "stops the members that a dead leader left, and what left its group",
    withFakeInstance(async (fake) => {
      const orphan = await fake.orphan();
      const [member, daemon] = [fake.system.table.fork(orphan), fake.system.table.fork(orphan)];
      fake.system.table.setsid(daemon);
      fake.system.table.exit(orphan);
      await stop(fake);
      assertEquals([fake.isAlive(member), fake.isAlive(daemon)], [false, false]);
      assertFree(fake);
    }),
  );

  it(
    "stops Temporal also where a process beside it cannot be ended, and says why that failed",
    withFakeInstance(async (fake) => {
      const orphan = await fake.orphan();
      mkdirSync(processesDir(fake.paths.home), { recursive: true });
      const job = fake.system.table.fork(fake.system.table.spawn({ argv: ["bash"] }, 1), { argv: ["flock", "make"] });
      job.pgid = job.pid;
      await fake.passLock(processPaths(fake.paths, "worker").processLock, job);
      assertEquals((await assertRejects(() => stop(fake), LocalError)).code, "lock-failed");
      assertEquals([fake.isAlive(orphan), job.received], [false, []]);
      assertFree(fake);
    }),
  );

  it(
    "clears what a failure, or the death of everything, left",
    withFakeInstance(async (fake) => {
      fake.system.table.exit(await fake.orphan());
      writeFileSync(fake.paths.lastFailure, "{}");
      writeFileSync(fake.paths.controlSocket, "");
      assertEquals(await stop(fake), { pid: null, forced: false });
      assertFree(fake);
    }),
  );

  it(
    "does not signal a process that reused the recorded PID",
    withFakeInstance(async (fake) => {
      const bystander = fake.system.table.spawn({}, 1);
      fake.writeRecord(bystander, { startTime: "1" });
      assertEquals(await stop(fake), { pid: null, forced: false });
      assertEquals([bystander.received, fake.isAlive(bystander)], [[], true]);
    }),
  );

  it(
    "leaves an instance alone whose supervisor answers",
    withFakeInstance(async (fake) => {
      await fake.supervisor("answers");
      const orphan = await fake.orphan();
      assertEquals([await stop(fake), orphan.received, fake.system.signals.sent], [null, [], []]);
    }),
  );

  it(
    "kills a silent supervisor, then stops its Temporal",
    withFakeInstance(async (fake) => {
      const supervisor = await fake.supervisor("never");
      const orphan = await fake.orphan();
      assertEquals(await stop(fake, { isSilent: true }), { pid: orphan.pid, forced: false });
      assertEquals([fake.isAlive(supervisor), orphan.received], [false, ["SIGTERM"]]);
      assertFree(fake);
    }),
  );

  it(
    "finds out by itself that the supervisor is silent",
    withFakeInstance(async (fake) => {
      const supervisor = await fake.supervisor("never");
      assertEquals([await stop(fake), fake.isAlive(supervisor)], [{ pid: null, forced: false }, false]);
    }),
  );

  it(
    "waits for a supervisor that is exiting",
    withFakeInstance(async (fake) => {
      const supervisor = await fake.supervisor("does not listen");
      fake.system.clock.after(20_000, () => fake.system.table.exit(supervisor));
      assertEquals([await stop(fake), supervisor.received], [{ pid: null, forced: false }, []]);
    }),
  );

  it(
    "returns only when a supervisor that has freed its lock has exited, too",
    withFakeInstance(async (fake) => {
      const { clock, locks, table } = fake.system;
      const supervisor = table.spawn({ argv: ["stigmer-local", "supervisor"] }, 1);
      const lock = locks.take(fake.paths.supervisorLock, supervisor);
      clock.after(100, () => lock.close());
      clock.after(1000, () => table.exit(supervisor));
      assertEquals([await stop(fake), fake.isAlive(supervisor)], [{ pid: null, forced: false }, false]);
    }),
  );

  it(
    "kills a supervisor that never begins to listen, then stops its Temporal",
    withFakeInstance(async (fake) => {
      const hung = fake.system.table.spawn({ argv: ["node", "supervisor", '{"home":"/home"}'] }, 1);
      fake.system.locks.take(fake.paths.supervisorLock, hung);
      const orphan = await fake.orphan();
      assertEquals(await stop(fake), { pid: orphan.pid, forced: false });
      assertEquals([fake.isAlive(hung), orphan.received], [false, ["SIGTERM"]]);
      assertFree(fake);
    }),
  );

  it(
    "gives up on another process that keeps the lock and is not listening",
    withFakeInstance(async (fake) => {
      const supervisor = await fake.supervisor("does not listen");
      assertEquals((await assertRejects(() => stop(fake), LocalError)).code, "supervisor-unresponsive");
      assertEquals(supervisor.received, []);
    }),
  );

  it(
    "frees the supervisor's lock when it fails",
    withFakeInstance(async (fake) => {
      await fake.orphan({ isUninterruptible: true });
      assertEquals((await assertRejects(() => stop(fake), LocalError)).code, "stop-failed");
      assertEquals(fake.system.processes.lockHolders(fake.paths.supervisorLock), []);
    }),
  );
});
