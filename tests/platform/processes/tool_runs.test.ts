import { realpathSync } from "node:fs";
import { describe, it } from "node:test";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { LocalError } from "../../../lib/errors/local_error.ts";
import { findProcess } from "../../../lib/instance/find_process.ts";
import { checkLayers } from "../../../lib/instance/status/checks.ts";
import { createProbe } from "../../../lib/instance/status/probe.ts";
import { terminate, Termination } from "../../../lib/process/terminate.ts";
import { watchEnd } from "../../../lib/process/tracked_process.ts";
import { refuseTakenPorts } from "../../../lib/temporal/launch/check_ports.ts";
import { refuseSecondUser } from "../../../lib/database/lock.ts";
import { reconcile } from "../../../lib/temporal/reconcile.ts";
import { FakeMac } from "../../fakes/fake_mac.ts";
import { FakeInstance, type OrphanOptions } from "../../fakes/instance.ts";
import { withTempDir } from "../support.ts";

/** An instance on a Mac. Each `lsof` of the fake refuses to look at all processes. */
function onMac(body: (mac: FakeMac, fake: FakeInstance) => Promise<void> | void): () => Promise<void> {
  return () =>
    withTempDir(async (folder) => {
      using mac = new FakeMac();
      await body(mac, new FakeInstance(mac, realpathSync(folder)));
    });
}

/** A Temporal without a supervisor, with a record that the kernel of a Mac confirms. */
async function orphan(mac: FakeMac, fake: FakeInstance, options: OrphanOptions = {}) {
  const temporal = await fake.orphan(options);
  fake.writeRecord(temporal, { startTime: mac.processes.inspect(temporal.pid)!.startTime });
  return temporal;
}

// docs/performance.md tells these figures.
describe("tools that macOS runs", () => {
  it(
    "to find Temporal by its lock: one ps and three lsof",
    onMac(async (mac, fake) => {
      const { pid } = await orphan(mac, fake);
      const counts = await mac.count(() => {
        assertEquals(findProcess(fake.paths, mac.processes).found?.pgid, pid);
      });
      assertEquals(counts, { ps: 1, lsof: 3 });
    }),
  );

  it(
    "to find that nothing runs: one ps and one lsof",
    onMac(async (mac, fake) => {
      const counts = await mac.count(() => assertEquals(findProcess(fake.paths, mac.processes).found, null));
      assertEquals(counts, { ps: 1, lsof: 1 });
    }),
  );

  it(
    "to adopt a Temporal: one ps and five lsof",
    onMac(async (mac, fake) => {
      await orphan(mac, fake);
      await mac.tryLock(fake.paths.supervisorLock);
      const termination = new Termination(mac);
      const counts = await mac.count(async () => {
        const found = await reconcile(fake.instance, fake.launchRequest(), {
          signal: new AbortController().signal,
          warn: (message) => fake.warnings.push(message),
          terminate: (target, graceMs) => terminate(fake.instance, target, graceMs, termination),
          ...fake.lock,
          isThorough: false,
        });
        assertEquals([found.kind, fake.warnings], ["adopted", []]);
      });
      assertEquals(counts, { ps: 1, lsof: 5 });
    }),
  );

  it(
    "to see whether another process uses a database: one ps and one lsof",
    onMac(async (mac, fake) => {
      const database = fake.writeDatabase();
      assertEquals(await mac.count(() => refuseSecondUser(database, mac.processes)), { ps: 1, lsof: 1 });
      mac.openFile(database, mac.table.spawn({ argv: ["sqlite3", database] }));
      assertEquals(mac.processes.fileUsers(database).map(({ command }) => command), [`sqlite3 ${database}`]);
    }),
  );

  it(
    "to check free ports: none",
    onMac(async (mac, fake) => {
      assertEquals(await mac.count(() => refuseTakenPorts(fake.settings(), mac)), {});
    }),
  );

  it(
    "to check the health of Temporal: none, and for a whole status one ps and three lsof",
    onMac(async (mac, fake) => {
      const { pid } = await orphan(mac, fake);
      const { startTime } = mac.processes.inspect(pid)!;
      mac.processes.bootId(); // asked once in the life of a process
      const settings = fake.settings();
      const probe = createProbe(mac.connect, settings);
      try {
        assertEquals(await mac.count(() => probe.serving(1000)), {});
        const { paths } = fake;
        const target = {
          paths,
          processes: mac.processes,
          settings,
          pid,
          startTime,
          startedAtMs: Date.now(),
          probe,
          timeoutMs: 1000,
        };
        const counts = await mac.count(async () => {
          const checks = await checkLayers(target);
          assertEquals(checks.filter(({ ok }) => !ok), []);
        });
        assertEquals(counts, { ps: 1, lsof: 3 });
      } finally {
        probe.close();
      }
    }),
  );

  it(
    "to terminate a group: one ps a look while the leader lives",
    onMac(async (mac) => {
      const target = mac.table.spawn({ atSigterm: { exitsAfterMs: 200 } });
      const { startTime } = mac.processes.inspect(target.pid)!;
      const counts = await mac.count(() => terminate(mac, { pgid: target.pid, leaderStartTime: startTime }, 5000));
      assertEquals(Object.keys(counts), ["ps"]);
      assert(counts["ps"]! < 20, JSON.stringify(counts));
    }),
  );

  it(
    "to watch an adopted process: one ps in 5 s, which does not block",
    onMac(async (mac) => {
      const target = mac.table.spawn({}, 1);
      const { startTime } = mac.processes.inspect(target.pid)!;
      const counts = await mac.count(async () => {
        const ended = watchEnd({ pid: target.pid, startTime }, mac);
        await mac.delay(21_000);
        mac.table.exit(target);
        await ended;
      });
      assertEquals(counts, { ps: 4 });
    }),
  );
});

describe("the code for macOS", () => {
  it(
    "leaves a job of the user's shell alone that took Temporal's lock, and its group",
    onMac((mac, fake) => {
      const shell = mac.table.spawn({ argv: ["-zsh"] }, 1);
      const make = mac.table.fork(shell, { argv: ["flock", fake.paths.processLock, "make"] });
      make.pgid = make.pid;
      mac.locks.take(fake.paths.processLock, make);
      const { found: temporal, foreignLockHolder } = findProcess(fake.paths, mac.processes);
      assertEquals([temporal, foreignLockHolder?.pid], [null, make.pid]);
    }),
  );

  it(
    "names a foreign process that listens on all addresses",
    onMac(async (mac, fake) => {
      const docker = mac.table.spawn({ argv: ["com.docker.backend", "services"] }, 1);
      mac.ports.listen(docker, "0.0.0.0", 7233);
      const error = await assertRejects(() => refuseTakenPorts(fake.settings(), mac), LocalError);
      assertEquals([error.code, error.facts], ["port-taken", {
        port: 7233,
        address: "0.0.0.0",
        pid: docker.pid,
        command: "com.docker.backend services",
      }]);
    }),
  );

  it(
    "takes no record for proof whose executable is only what a process calls itself",
    onMac(async (mac, fake) => {
      const impostor = await orphan(mac, fake, { lock: "none", executable: "/Users/ada/impostor" });
      assertEquals(mac.processes.inspect(impostor.pid)?.command.split(" ")[0], "/opt/temporal");
      assertEquals(findProcess(fake.paths, mac.processes).found, null);
    }),
  );

  it(
    "sees the zombies and the dying members of a group as gone",
    onMac((mac) => {
      const target = mac.table.spawn({ neverReaps: true });
      const child = mac.table.fork(target);
      mac.table.exit(child);
      assertEquals(mac.processes.inspect(child.pid)?.state, "Z");
      assertEquals(mac.processes.liveGroupMembers(target.pid).map(({ pid }) => pid), [target.pid]);
      mac.table.exit(target, 100);
      assertEquals(mac.processes.inspect(target.pid)?.state, "X");
      assertEquals(mac.processes.liveGroupMembers(target.pid), []);
    }),
  );
});
