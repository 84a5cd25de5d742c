import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import type { RequestedSettings } from "../../../lib/config/settings.ts";
import { writeLastFailure } from "../../../lib/instance/last_failure.ts";
import { offlineStatus } from "../../../lib/instance/status/offline_status.ts";
import type { Status } from "../../../lib/instance/status/status.ts";
import { fakeHost } from "../../fakes/host.ts";
import { BINARY, type FakeInstance, withFakeInstance } from "../../fakes/instance.ts";
import type { FakeProcess } from "../../fakes/process_table.ts";

/** The status, and proof that it changed nothing. */
async function statusOf(fake: FakeInstance, asked: RequestedSettings = { headless: true }): Promise<Status> {
  const { system, paths } = fake;
  const locks = () => [paths.supervisorLock, paths.processLock].map((path) => system.processes.lockHolders(path));
  const files = () => readdirSync(paths.home).sort();
  const before = [locks(), files(), system.signals.sent.length];
  const status = await offlineStatus(fakeHost(system), paths.home, asked, system.processes);
  assertEquals([locks(), files(), system.signals.sent.length], before, "the look at it changed something");
  return status;
}

function checksOf({ checks }: Status): Record<string, boolean> {
  return Object.fromEntries(checks.map(({ name, ok }) => [name, ok]));
}

function recordFailure(fake: FakeInstance, port?: number): void {
  writeLastFailure(fake.paths.lastFailure, {
    served: null,
    at: "2030-01-01T00:00:00.000Z",
    failure: { code: "gave-up", message: "Temporal crashed 10 times in 60 s" },
    lastExit: { code: 2, signal: null, at: "2030-01-01T00:00:00.000Z", reason: "crashed" },
    restarts: 10,
    settings: port === undefined ? null : fake.settings({ port }),
  });
}

describe("the status of an instance that is not running", () => {
  it(
    "is stopped in a new home, with the address that was asked for",
    withFakeInstance(async (fake) => {
      const { state, healthy, temporal, supervisor, failure, address } = await statusOf(fake, { port: 7300 });
      assertEquals([state, healthy, temporal, supervisor, failure], ["stopped", false, null, null, undefined]);
      assertEquals(address, "127.0.0.1:7300");
    }),
  );

  it(
    "is failed with the recorded reason, when its supervisor gave up",
    withFakeInstance(async (fake) => {
      recordFailure(fake, 7300);
      const { state, failure, restarts, lastExit, address } = await statusOf(fake);
      assertEquals([state, failure?.code, restarts, lastExit?.code], ["failed", "gave-up", 10, 2]);
      assertEquals(address, "127.0.0.1:7300");
    }),
  );

  it(
    "is failed when Temporal and its supervisor were killed, and tells the settings that they had",
    withFakeInstance(async (fake) => {
      const orphan = await fake.orphan({ settings: { port: 7300 } });
      fake.system.table.exit(orphan);
      const { state, failure, temporal, address } = await statusOf(fake);
      assertEquals([state, failure?.code, failure?.facts?.["pid"], temporal], [
        "failed",
        "not-running",
        orphan.pid,
        null,
      ]);
      assertEquals(address, "127.0.0.1:7300");
    }),
  );

  it(
    "tells the recorded reason rather than that a record was left",
    withFakeInstance(async (fake) => {
      fake.system.table.exit(await fake.orphan());
      recordFailure(fake);
      assertEquals((await statusOf(fake)).failure?.code, "gave-up");
    }),
  );

  it(
    "is failed when its Temporal is a zombie",
    withFakeInstance(async (fake) => {
      const orphan = await fake.orphan();
      orphan.parentPid = fake.system.table.spawn({ neverReaps: true }).pid;
      fake.system.table.exit(orphan);
      assertEquals([orphan.state, (await statusOf(fake)).state], ["Z", "failed"]);
    }),
  );

  const reused = {
    "another start time": { startTime: "1" },
    "another boot": { bootId: "00000000-1111-2222-3333-444444444444" },
    "another executable": { executable: "/usr/bin/other" },
  };
  for (const [why, change] of Object.entries(reused)) {
    it(
      `is failed when the recorded PID was reused: ${why}`,
      withFakeInstance(async (fake) => {
        const bystander = fake.system.table.spawn({ executable: BINARY, argv: [BINARY, "server", "start-dev"] }, 1);
        fake.writeRecord(bystander, change);
        const { state, temporal, failure } = await statusOf(fake);
        assertEquals([state, temporal, failure?.code], ["failed", null, "not-running"]);
      }),
    );
  }

  it(
    "is stopped where something else stands in the place of the record",
    withFakeInstance(async (fake) => {
      writeFileSync(fake.paths.record, "no record\n");
      assertEquals((await statusOf(fake)).state, "stopped");
    }),
  );

  it(
    "is stopped where the lock is held by a job of the user's shell",
    withFakeInstance(async (fake) => {
      const shell = fake.system.table.spawn({ argv: ["bash"] }, 1);
      const job = fake.system.table.fork(shell, { argv: ["flock", "temporal.lock", "make"] });
      job.pgid = job.pid;
      await fake.passLock(fake.paths.processLock, job);
      assertEquals((await statusOf(fake)).state, "stopped");
    }),
  );
});

describe("the status of a Temporal without a supervisor", () => {
  it(
    "is unsupervised and healthy when every check passes",
    withFakeInstance(async (fake) => {
      const orphan = await fake.orphan({ settings: { port: 7300 }, record: { version: "1.5.1" } });
      const status = await statusOf(fake);
      assertEquals([status.state, status.healthy, status.supervisor], ["unsupervised", true, null]);
      const { pid, pgid, version, binary, adopted } = status.temporal!;
      assertEquals([pid, pgid, version, binary, adopted], [orphan.pid, orphan.pid, "1.5.1", BINARY, false]);
      assertEquals([status.address, checksOf(status)], ["127.0.0.1:7300", {
        ...{ lock: true, record: true, process: true, identity: true, port: true, grpc: true, ui: true, data: true },
        supervisor: false,
      }]);
    }),
  );

  it(
    "is told by its arguments when there is no record",
    withFakeInstance(async (fake) => {
      const { pid } = await fake.orphan({ settings: { port: 7300 }, record: null });
      const status = await statusOf(fake);
      assertEquals([status.state, status.healthy, status.temporal?.pid], ["unsupervised", true, pid]);
      assertEquals([status.address, checksOf(status)["record"]], ["127.0.0.1:7300", false]);
    }),
  );

  it(
    "is healthy although its lock was deleted",
    withFakeInstance(async (fake) => {
      await fake.orphan({ lock: "deleted" });
      const status = await statusOf(fake);
      assertEquals([status.state, status.healthy, checksOf(status)["lock"]], ["unsupervised", true, true]);
      assertStringIncludes(status.checks.find(({ name }) => name === "lock")!.detail, "deleted");
    }),
  );

  it(
    "is healthy although the record alone proves that it is ours",
    withFakeInstance(async (fake) => {
      await fake.orphan({ lock: "none" });
      const status = await statusOf(fake);
      assertEquals([status.state, status.healthy, checksOf(status)["lock"]], ["unsupervised", true, false]);
    }),
  );

  const unhealthy: Record<string, [failing: string, arrange: (fake: FakeInstance) => Promise<FakeProcess>]> = {
    "it refuses connections": ["grpc", (fake) => fake.orphan({ answers: "refuses" })],
    "it never answers": ["grpc", (fake) => fake.orphan({ answers: "never" })],
    "it does not speak gRPC": ["grpc", (fake) => fake.orphan({ answers: "is no Temporal" })],
    "it is stopped": ["process", async (fake) => {
      const orphan = await fake.orphan();
      fake.system.kill(orphan.pid, "SIGSTOP");
      return orphan;
    }],
    "another process has its port": ["port", async (fake) => {
      const orphan = await fake.orphan({ answers: "refuses" });
      fake.system.ports.listen(fake.system.table.spawn({}, 1), "127.0.0.1", 7233);
      return orphan;
    }],
  };
  for (const [why, [failing, arrange]] of Object.entries(unhealthy)) {
    it(
      `is unsupervised and unwell, with the check of ${failing} failed: ${why}`,
      withFakeInstance(async (fake) => {
        const { pid } = await arrange(fake);
        const status = await statusOf(fake);
        assertEquals([status.state, status.healthy, status.temporal?.pid], ["unsupervised", false, pid]);
        assertEquals(checksOf(status)[failing], false);
      }),
    );
  }

  it(
    "is that of one which died while it was looked at",
    withFakeInstance(async (fake) => {
      const orphan = await fake.orphan({ answers: "never" });
      fake.system.clock.after(100, () => fake.system.table.exit(orphan));
      const { state, temporal, failure } = await offlineStatus(
        fakeHost(fake.system),
        fake.paths.home,
        {},
        fake.system.processes,
      );
      assertEquals([state, temporal, failure?.code], ["failed", null, "not-running"]);
    }),
  );

  it(
    "is told of one whose home is gone, by the lock that it holds",
    withFakeInstance(async (fake) => {
      const { pid } = await fake.orphan();
      rmSync(fake.paths.home, { recursive: true });
      const status = await offlineStatus(fakeHost(fake.system), fake.paths.home, {}, fake.system.processes);
      assertEquals([status.state, status.temporal?.pid], ["unsupervised", pid]);
    }),
  );

  it(
    "tells no Temporal where only members of its group live on",
    withFakeInstance(async (fake) => {
      const orphan = await fake.orphan();
      fake.system.table.fork(orphan);
      fake.system.table.exit(orphan);
      const { state, temporal } = await statusOf(fake);
      assertEquals([state, temporal], ["failed", null]);
    }),
  );
});

describe("the status of an instance whose supervisor does not answer", () => {
  it(
    "is running and unwell, whatever Temporal's checks say, and names the supervisor",
    withFakeInstance(async (fake) => {
      const { pid } = await fake.orphan();
      const supervisor = await fake.supervisor("never");
      const status = await statusOf(fake);
      assertEquals([status.state, status.healthy, status.temporal?.pid], ["running", false, pid]);
      assertStringIncludes(status.checks.find(({ name }) => name === "supervisor")!.detail, `pid ${supervisor.pid}`);
    }),
  );

  it(
    "is starting while there is no Temporal, whatever was recorded before",
    withFakeInstance(async (fake) => {
      recordFailure(fake);
      await fake.supervisor("never");
      const { state, temporal, failure } = await statusOf(fake);
      assertEquals([state, temporal, failure], ["starting", null, undefined]);
    }),
  );

  it(
    "does not take a supervisor for Temporal that is about to launch it",
    withFakeInstance(async (fake) => {
      const supervisor = await fake.supervisor("never");
      await fake.passLock(fake.paths.processLock, supervisor);
      assertEquals((await statusOf(fake)).state, "starting");
    }),
  );

  it(
    "does not believe in one whose lock was deleted",
    withFakeInstance(async (fake) => {
      await fake.supervisor("never");
      rmSync(fake.paths.supervisorLock);
      assertEquals((await statusOf(fake)).state, "stopped");
    }),
  );
});
