import { describe, it } from "node:test";
import { assertEquals, assertGreaterOrEqual, assertRejects } from "@std/assert";
import { killUnresponsiveSupervisor } from "../../lib/client/kill_unresponsive_supervisor.ts";
import { LocalError } from "../../lib/errors/local_error.ts";
import { fakeHost } from "../fakes/host.ts";
import { type FakeInstance, withFakeInstance } from "../fakes/instance.ts";
import type { FakeProcess } from "../fakes/process_table.ts";

function kill(fake: FakeInstance): Promise<"gone" | "answers"> {
  return killUnresponsiveSupervisor(fakeHost(fake.system), fake.paths.home, fake.system);
}

describe("killUnresponsiveSupervisor()", () => {
  it(
    "kills a supervisor that stays silent, and not before its time is over; Temporal keeps running",
    withFakeInstance(async (fake) => {
      const temporal = await fake.orphan();
      const supervisor = await fake.supervisor("never");
      const before = fake.system.nowMs();
      assertEquals([await kill(fake), fake.isAlive(supervisor)], ["gone", false]);
      assertGreaterOrEqual(fake.system.nowMs() - before, 8000);
      assertEquals([temporal.received, fake.isAlive(temporal)], [[], true]);
    }),
  );

  it(
    "continues a stopped supervisor, and leaves it alone once it answers",
    withFakeInstance(async (fake) => {
      const supervisor = await fake.supervisor("answers");
      fake.system.kill(supervisor.pid, "SIGSTOP");
      assertEquals(await kill(fake), "answers");
      assertEquals([supervisor.received.includes("SIGKILL"), supervisor.state], [false, "S"]);
    }),
  );

  it(
    "kills a supervisor that is stopped again and again",
    withFakeInstance(async (fake) => {
      const supervisor = await fake.supervisor("answers");
      const { kill } = fake.system;
      kill(supervisor.pid, "SIGSTOP");
      const stubborn = {
        ...fake.system,
        kill: (pid: number, signal: Parameters<typeof kill>[1]) => {
          kill(pid, signal);
          if (signal === "SIGCONT") kill(pid, "SIGSTOP");
        },
      };
      assertEquals(await killUnresponsiveSupervisor(fakeHost(fake.system), fake.paths.home, stubborn), "gone");
      assertEquals(fake.isAlive(supervisor), false);
    }),
  );

  it(
    "does not kill a lock holder that is not listening: it is starting or exiting",
    withFakeInstance(async (fake) => {
      const supervisor = await fake.supervisor("does not listen");
      assertEquals([await kill(fake), fake.isAlive(supervisor)], ["gone", true]);
    }),
  );

  it(
    "does not kill the process that holds the lock after the silent one",
    withFakeInstance(async (fake) => {
      const silent = await fake.supervisor("never");
      const next = fake.system.table.spawn({ argv: ["stigmer-local", "stop"] }, 1);
      fake.system.clock.after(3000, () => {
        fake.system.table.exit(silent);
        fake.system.locks.take(fake.paths.supervisorLock, next);
        fake.system.ports.serveControl(next, fake.paths.controlSocket, false);
      });
      assertEquals([await kill(fake), next.received, fake.isAlive(next)], ["gone", [], true]);
    }),
  );

  it(
    "does not kill a process that got the PID of the silent one, and its lock",
    withFakeInstance(async (fake) => {
      const silent = await fake.supervisor("never");
      const next: FakeProcess[] = [];
      fake.system.clock.after(3000, () => {
        fake.system.table.exit(silent);
        next.push(fake.system.table.spawn({ pid: silent.pid }, 1));
        fake.system.locks.take(fake.paths.supervisorLock, next[0]!);
        fake.system.ports.serveControl(next[0]!, fake.paths.controlSocket, false);
      });
      assertEquals([await kill(fake), next[0]?.received, fake.isAlive(next[0]!)], ["gone", [], true]);
    }),
  );

  it(
    "signals no supervisor whose lock file was deleted",
    withFakeInstance(async (fake) => {
      const superseded = await fake.supervisor("never", { isLockDeleted: true });
      assertEquals([await kill(fake), superseded.received], ["gone", []]);
    }),
  );

  it(
    "fails when not even SIGKILL ends it",
    withFakeInstance(async (fake) => {
      const supervisor = await fake.supervisor("never", { isUninterruptible: true });
      const error = await assertRejects(() => kill(fake), LocalError);
      assertEquals([error.code, error.facts["pid"]], ["supervisor-unresponsive", supervisor.pid]);
    }),
  );
});
