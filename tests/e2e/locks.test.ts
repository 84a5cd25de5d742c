// test: seconds 900
import { existsSync, readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { offlineStatus } from "../../lib/instance/status/offline_status.ts";
import type { Status } from "../../lib/instance/status/status.ts";
import { currentHost } from "../../lib/platform/runtime/current_host.ts";
import { SETSID, withFlock } from "../portable.ts";
import {
  assertNothingLeft,
  DEADLINE_MS,
  history,
  isAlive,
  launch,
  otherRuntime,
  ownRuntime,
  type TestInstance,
  until,
  withInstance,
} from "./support.ts";
import { shellLine } from "./support_callers.ts";
import { databaseUsers, killHard, launchedPids, pidsOf, stopCleanly } from "./support_lifecycle.ts";

/** Half of them run under the other runtime anyway, so one of both runs is enough. */
const STARTS = ownRuntime === "deno" ? 40 : 10;

/** The supervisors that hold the lock at its path, and those that hold a deleted one. */
function supervisorsOf(instance: TestInstance): number[] {
  return instance.processes.lockHolders(instance.paths.supervisorLock).map(({ pid }) => pid);
}

/** Proves that the only Temporal of this instance is `pid`, and that its supervisor answers. */
async function assertOneTemporal(instance: TestInstance, pid: number): Promise<Status> {
  const status = await instance.status();
  assertEquals([status.exitCode, status.state, status.temporal?.pid], [0, "running", pid]);
  assertEquals(databaseUsers(instance), [pid]);
  assertEquals(supervisorsOf(instance), [status.supervisor?.pid]);
  return status;
}

/** Waits until the supervisor reports that it created the deleted files again. */
async function untilMended(instance: TestInstance, file: string): Promise<void> {
  await until(
    `${file} is mended`,
    () => existsSync(file) && readFileSync(instance.paths.supervisorLog, "utf8").includes(file),
  );
}

describe("concurrent commands", () => {
  it(`${STARTS} starts at once, half under Deno and half under Node, give one supervisor and one Temporal`, () =>
    withInstance(async (instance) => {
      const starts = Array.from(
        { length: STARTS },
        (_, i) => instance.run(["start", "--json", "--headless"], { runtime: i % 2 === 0 ? ownRuntime : otherRuntime }),
      );
      const ends = await Promise.all(starts);
      assertEquals(ends.filter(({ code }) => code !== 0).map(({ stdout, stderr }) => stdout + stderr), []);
      const answers = ends.map(({ stdout }) => JSON.parse(stdout) as Status);

      const { temporal, supervisor } = pidsOf(answers[0]!);
      for (const answer of answers) assertEquals(pidsOf(answer), { temporal, supervisor });
      // Not only the start that launched it: those that waited for it did not find it running either.
      assert(answers.some(({ reused }) => reused === false), "no start reports that it launched Temporal");
      assertEquals(launchedPids(instance), [temporal]);
      await assertOneTemporal(instance, temporal);
    }));

  it("a storm of status calls never makes a start fail, and never reports unsupervised", () =>
    withInstance(async (instance) => {
      const host = await currentHost();
      const seen: string[] = [];
      let isOver = false;
      const commands = async (runtime: typeof ownRuntime) => {
        while (!isOver) seen.push((await instance.status({ runtime })).state);
      };
      // What `status` does without an answer from a supervisor, but without the start time of a process.
      const looks = async () => {
        while (!isOver) {
          seen.push((await offlineStatus(host, instance.home, { port: instance.port, headless: true })).state);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      };
      const storm = Promise.all([commands(ownRuntime), commands(otherRuntime), looks()]);
      try {
        await stopCleanly(instance, await instance.start(["--headless"]));
      } finally {
        isOver = true;
        await storm;
      }
      assert(seen.includes("stopped") && seen.includes("starting"), `the storm saw only ${[...new Set(seen)]}`);
      assertEquals(seen.filter((state) => state === "unsupervised").length, 0);
      assertEquals(seen.filter((state) => state === "failed").length, 0);
    }));

  it("concurrent starts and stops leave an instance that either runs or is stopped", () =>
    withInstance(async (instance) => {
      for (let round = 0; round < 2; round++) {
        const [start, stop] = await Promise.all([
          instance.run(["start", "--json", "--headless"], { runtime: round % 2 === 0 ? ownRuntime : otherRuntime }),
          instance.stop(["--force"]),
        ]);
        assertEquals(stop.code, 0, stop.stderr);
        const failure = start.code === 0 ? null : JSON.parse(start.stdout).error;
        assert(failure === null || failure.code === "interrupted", start.stdout);
        const status = await instance.status();
        const holders = instance.processes.lockHolders(instance.paths.processLock).map(({ pid }) => pid);
        if (status.state === "stopped") assertEquals([status.exitCode, holders], [3, []]);
        else assertEquals([status.exitCode, holders], [0, [status.temporal?.pid]]);
      }
      assertEquals((await instance.start(["--headless"])).healthy, true);
    }));
});

describe("lock files deleted under a running instance", () => {
  it("deleted lock files are created again, and a start from either runtime reuses the running Temporal", () =>
    withInstance(async (instance) => {
      const { supervisorLock, processLock } = instance.paths;
      const { temporal } = pidsOf(await instance.start(["--headless"]));
      unlinkSync(supervisorLock);
      unlinkSync(processLock);
      // At once, before the supervisor can create them again.
      assertEquals((await instance.start(["--headless"])).temporal?.pid, temporal);
      await untilMended(instance, supervisorLock);
      await untilMended(instance, processLock);
      const again = await instance.start([], { runtime: otherRuntime });
      assertEquals([again.reused, again.temporal?.pid], [true, temporal]);
      assert(again.warnings?.some((warning) => warning.includes("deleted")), `${again.warnings}`);

      // The running Temporal has the deleted lock; without its supervisor, the one at the path is free.
      await killHard(pidsOf(again).supervisor);
      const adopted = await instance.start(["--headless"]);
      assertEquals([adopted.temporal?.pid, adopted.temporal?.adopted], [temporal, true]);
      await assertOneTemporal(instance, temporal);
    }));

  it("with everything in the home deleted at once, no second Temporal starts", () =>
    withInstance(async (instance) => {
      const { supervisorLock, processLock, controlSocket, record } = instance.paths;
      const { temporal } = pidsOf(await instance.start(["--headless"]));
      for (const path of [supervisorLock, processLock, controlSocket, record]) unlinkSync(path);
      const start = await instance.run(["start", "--json", "--headless"], { runtime: otherRuntime });
      assertEquals(databaseUsers(instance), [temporal], start.stdout);
      assertEquals(instance.processes.listeners(instance.port).map(({ pid }) => pid), [temporal]);
      assertEquals(launchedPids(instance), [temporal], "not even for a moment");

      await until("the supervisor can be reached again", async () => (await instance.now())?.healthy);
      await until("the record exists again", () => existsSync(record));
      const { code, stderr } = await instance.stop(["--force"]);
      assertEquals(code, 0, stderr);
      assertNothingLeft(instance, [temporal]);
    }));

  it("a superseded supervisor exits, and removes nothing of its successor", () =>
    withInstance(async (instance) => {
      const { supervisorLock, processLock, controlSocket } = instance.paths;
      const { temporal, supervisor: old } = pidsOf(await instance.start(["--headless"]));
      process.kill(old, "SIGSTOP"); // it must not create the locks again before the successor has them
      for (const path of [supervisorLock, processLock]) {
        writeFileSync(`${path}.new`, "");
        renameSync(`${path}.new`, path);
      }
      unlinkSync(controlSocket);
      const successor = pidsOf(await instance.start(["--headless"], { runtime: otherRuntime }));
      assertEquals(successor.temporal, temporal);
      assertNotEquals(successor.supervisor, old);

      process.kill(old, "SIGCONT");
      await until("the old supervisor has left", () => !isAlive(old));
      assert(existsSync(controlSocket) && existsSync(instance.paths.record), "the successor's files are there");
      await stopCleanly(instance, await assertOneTemporal(instance, temporal), [old]);
    }));

  it("a superseded supervisor that gets SIGTERM does not stop its successor's Temporal", () =>
    withInstance(async (instance) => {
      const { supervisorLock, processLock, controlSocket } = instance.paths;
      const { temporal, supervisor: old } = pidsOf(await instance.start(["--headless"]));
      process.kill(old, "SIGSTOP");
      for (const path of [supervisorLock, processLock, controlSocket]) unlinkSync(path);
      await instance.start(["--headless"]);

      process.kill(old, "SIGTERM");
      process.kill(old, "SIGCONT");
      await until("the old supervisor has left", () => !isAlive(old));
      const status = await assertOneTemporal(instance, temporal);
      assertEquals(history(instance).filter(({ event }) => event === "exited"), []);
      await stopCleanly(instance, status, [old]);
    }));
});

describe("temporal.lock held by a shell's job", () => {
  it("makes start fail with the name of the job, which is not signalled", () =>
    withInstance(async (instance) => {
      const { processLock } = instance.paths;
      // As on a terminal: the job has its own group, in the shell's session.
      const words = shellLine(withFlock(processLock, "sleep", `${DEADLINE_MS / 1000}`));
      const job = `perl -e 'setpgrp; exec @ARGV' ${words} & wait`;
      const shell = launch([...SETSID, "sh", "-c", job]);
      const holder = await until("it holds the lock", () => instance.processes.lockHolders(processLock)[0]?.pid);
      const pgid = instance.processes.inspect(holder)!.pgid;
      try {
        const { code, stdout } = await instance.run(["start", "--json", "--headless"]);
        const { error } = JSON.parse(stdout);
        assertEquals([code, error.code, instance.processes.inspect(error.facts.pid)?.pgid], [1, "lock-failed", pgid]);
        const report = JSON.parse((await instance.run(["doctor", "--json"])).stdout);
        const locks = report.checks.find(({ name }: { name: string }) => name === "locks");
        assertEquals([locks.state, locks.remedy], ["fail", `kill ${error.facts.pid}`]);
        assert(isAlive(holder), "the job was ended");
      } finally {
        process.kill(-pgid, "SIGKILL");
        await shell.ended;
      }
      assertEquals((await instance.start(["--headless"])).healthy, true);
    }));
});
