// test: seconds 900
// test: central
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import type { Check } from "../../lib/instance/status/status.ts";
import {
  assertNothingLeft,
  history,
  isAlive,
  otherRuntime,
  ownRuntime,
  signalIfThere,
  until,
  withInstance,
} from "./support.ts";
import { eventsSince } from "./support_events.ts";
import {
  assertNamespace,
  databaseUsers,
  escapedChild,
  killHard,
  launchedPids,
  makeNamespace,
  pidsOf,
  readPid,
  stopCleanly,
  stubbornChild,
  untilRecovered,
  wrapTemporal,
} from "./support_lifecycle.ts";

/** The checks that `status` shows, in order. */
const LAYERS: Check["name"][] = ["lock", "record", "process", "identity", "port", "grpc", "ui", "data"];

describe("the ten scenarios", () => {
  it("start, stop, start again", () =>
    withInstance(async (instance) => {
      const first = await instance.start();
      assertEquals([first.state, first.healthy, first.reused], ["running", true, false]);
      assertEquals([first.address, first.uiUrl], [`127.0.0.1:${instance.port}`, `http://127.0.0.1:${instance.uiPort}`]);
      const { code, stdout } = await instance.stop();
      assertEquals([code, stdout], [0, `Temporal stopped (pid ${first.temporal?.pid})\n`]);
      assertNothingLeft(instance, Object.values(pidsOf(first)));
      const stopped = await instance.status();
      assertEquals([stopped.exitCode, stopped.state, stopped.temporal], [3, "stopped", null]);

      const again = await instance.run(["start"]);
      assertEquals([again.code, again.stdout.includes("Next")], [0, false], "a next step is for terminals");
      const second = await instance.status();
      assertEquals(second.exitCode, 0);
      assertNotEquals(second.temporal?.pid, first.temporal?.pid);
    }));

  it("restart: a new process, the same data and settings", () =>
    withInstance(async (instance) => {
      const before = await instance.start(["--headless", "--log-level", "error"]);
      await makeNamespace(instance, "kept");
      const { code, stderr } = await instance.run(["restart"], { runtime: otherRuntime });
      assertEquals(code, 0, stderr);
      const after = await instance.status();
      assertNotEquals(after.temporal?.pid, before.temporal?.pid);
      assertEquals([after.exitCode, after.supervisor?.pid, after.restarts], [0, before.supervisor?.pid, 0]);
      assertEquals(after.uiUrl, null, "still headless");
      assert(!isAlive(pidsOf(before).temporal));
      await assertNamespace(instance, "kept");
    }));

  it("crash and automatic restart", () =>
    withInstance(async (instance) => {
      const { temporal, supervisor } = pidsOf(await instance.start(["--headless"]));
      process.kill(temporal, "SIGKILL");
      const after = await untilRecovered(instance, temporal);
      assertEquals([after.exitCode, after.supervisor?.pid, after.restarts], [0, supervisor, 1]);
      // By its exit, not by a health check.
      assertEquals(eventsSince(instance, "exited"), ["exited", "backoff", "starting", "launched", "running"]);
      assertEquals([after.lastExit?.signal, after.lastExit?.code, after.lastExit?.reason], [
        "SIGKILL",
        null,
        "crashed",
      ]);
      assertEquals([isAlive(temporal), databaseUsers(instance)], [false, [pidsOf(after).temporal]]);
    }));

  it("orphan cleanup: a Temporal without a supervisor is stopped, and so are the processes that a dead Temporal left", () =>
    withInstance(async (instance) => {
      const pidFile = `${instance.home}/stubborn.pid`;
      const env = { STIGMER_TEMPORAL_BIN: wrapTemporal(instance.home, stubbornChild(pidFile)) };
      const first = pidsOf(await instance.start(["--headless"], { env }));
      const orphan = await readPid(pidFile);
      await killHard(first.supervisor);
      const { code } = await instance.stop(["--timeout", "2"]);
      assertEquals(code, 0);
      assertNothingLeft(instance, [first.temporal, first.supervisor, orphan]);

      const second = pidsOf(await instance.start(["--headless"], { env }));
      const left = await readPid(pidFile);
      await killHard(second.supervisor, second.temporal);
      assert(isAlive(left), "it has outlived both");
      await instance.start(["--headless"]);
      assert(!isAlive(left), "the next start has ended it");
    }));

  it("concurrent starts: one Temporal", () =>
    withInstance(async (instance) => {
      const starts = await Promise.all([ownRuntime, otherRuntime, ownRuntime, otherRuntime].map((runtime) =>
        instance.start(["--headless"], { runtime })
      ));
      const { temporal, supervisor } = pidsOf(starts[0]!);
      for (const start of starts) {
        assertEquals(pidsOf(start), { temporal, supervisor });
      }
      assertEquals([launchedPids(instance), databaseUsers(instance)], [[temporal], [temporal]]);
    }));

  it("three starts in a row: the same Temporal, reported as reused", () =>
    withInstance(async (instance) => {
      const first = await instance.start(["--headless"]);
      const second = await instance.start(["--headless"]);
      // Without a binary: what runs is enough.
      const options = { env: { STIGMER_TEMPORAL_BIN: undefined }, runtime: otherRuntime };
      const third = await instance.answer(["start"], options);
      assertEquals([first.reused, second.reused, third.reused], [false, true, true]);
      for (const { healthy, address, ...again } of [second, third]) {
        assertEquals([healthy, address, pidsOf({ ...again, healthy, address })], [true, first.address, pidsOf(first)]);
      }
      const { code, stdout } = await instance.plain(["start"], options);
      assertEquals(code, 0);
      assertMatch(stdout, new RegExp(`^● Temporal is already running \\(reused\\)\n +Address +${first.address}\n`));
      assertEquals(launchedPids(instance), [first.temporal?.pid]);
    }));

  it("health validation: each layer is checked, and a Temporal that does not answer is not healthy", () =>
    withInstance(async (instance) => {
      const started = await instance.start();
      const { temporal } = pidsOf(started);
      const healthy = await instance.status();
      assertEquals(healthy.exitCode, 0);
      for (const { checks } of [started, healthy]) assertEquals(checks.map(({ name }) => name), LAYERS);
      for (const { name, ok, ms, detail } of healthy.checks) {
        assert(ok && ms >= 0 && detail !== "", `${name}: ${detail}`);
      }
      assert(healthy.checks.some(({ ms }) => ms > 0), "no look took any time");
      const { code, stdout } = await instance.run(["status"]);
      assertEquals(code, 0);
      for (const layer of LAYERS) assertMatch(stdout, new RegExp(`^ +✓ ${layer} +\\d+\\.\\d ms  \\S`, "m"));
      assertMatch(stdout, /^● Temporal is running, healthy$/m);

      process.kill(-temporal, "SIGSTOP"); // its port stays open
      const sick = await until("status tells that it does not answer", async () => {
        const status = await instance.status();
        return status.exitCode === 0 ? null : status;
      });
      assertEquals([sick.exitCode, sick.healthy], [4, false]);
      signalIfThere(-temporal, "SIGCONT");
      await until("it is healthy again", async () => (await instance.status()).exitCode === 0);
    }));

  it("process group cleanup: stop leaves no member of either group, nor what left it with the lock", () =>
    withInstance(async (instance) => {
      const [stubbornFile, escapedFile] = [join(instance.home, "stubborn.pid"), join(instance.home, "escaped.pid")];
      const prelude = `${stubbornChild(stubbornFile)}\n${escapedChild(escapedFile)}`;
      const env = { STIGMER_TEMPORAL_BIN: wrapTemporal(instance.home, prelude) };
      const status = await instance.start(["--headless"], { env });
      const { temporal, supervisor } = pidsOf(status);
      const own = instance.processes.inspect(process.pid)!;
      for (const pid of [temporal, supervisor]) {
        const { pgid, sid } = instance.processes.inspect(pid)!;
        assertEquals({ pgid, sid }, { pgid: pid, sid: pid });
        assertNotEquals(sid, own.sid);
      }
      assertEquals(status.temporal?.pgid, temporal);
      const [stubborn, escaped] = [await readPid(stubbornFile), await readPid(escapedFile)];
      assertEquals(instance.processes.inspect(stubborn)?.pgid, temporal, "the grandchild is in Temporal's group");
      assertNotEquals(instance.processes.inspect(escaped)?.pgid, temporal);
      const holders = instance.processes.lockHolders(instance.paths.processLock).map(({ pid }) => pid);
      assert(holders.includes(escaped), "it has the lock");

      const { code, stderr } = await instance.stop(["--timeout", "6"]);
      assertEquals(code, 0, stderr);
      assertNothingLeft(instance, [temporal, supervisor, stubborn, escaped]);
      const exit = history(instance).find(({ event }) => event === "exited");
      assertEquals({ code: exit?.["code"], signal: exit?.["signal"] }, { code: 0, signal: null }, "not gracefully");
    }));

  it("stop during the recovery from a crash: Temporal does not start again", () =>
    withInstance(async (instance) => {
      const { temporal, supervisor } = pidsOf(await instance.start(["--headless"]));
      process.kill(temporal, "SIGKILL");
      const { code, stderr } = await instance.stop();
      assertEquals(code, 0, stderr);
      // Without a supervisor, no process can start Temporal.
      assertNothingLeft(instance, [supervisor, ...launchedPids(instance)]);
      assertEquals(history(instance).at(-1)?.event, "stopped");
      assertEquals(await instance.status().then(({ exitCode }) => exitCode), 3);
    }));

  it("five crashes in a row: Temporal restarts on the same data", () =>
    withInstance(async (instance) => {
      let status = await instance.start(["--headless"]);
      const { supervisor } = pidsOf(status);
      await makeNamespace(instance, "kept");
      const pids: number[] = [];
      for (let crash = 1; crash <= 5; crash++) {
        const { temporal } = pidsOf(status);
        pids.push(temporal);
        process.kill(temporal, "SIGKILL");
        status = await untilRecovered(instance, temporal);
        assertEquals([status.supervisor?.pid, status.restarts], [supervisor, crash]);
      }
      assertEquals(launchedPids(instance), [...pids, pidsOf(status).temporal]);
      assertEquals(new Set(launchedPids(instance)).size, 6);
      await assertNamespace(instance, "kept");
      await stopCleanly(instance, status, pids);
    }));
});
