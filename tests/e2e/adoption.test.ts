// test: seconds 900
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { askSupervisor } from "../../lib/control/client.ts";
import { describeNamespace } from "../../lib/grpc/health.ts";
import { currentHost } from "../../lib/platform/runtime/current_host.ts";
import {
  assertNothingLeft,
  DEADLINE_MS,
  history,
  isAlive,
  otherRuntime,
  ownRuntime,
  signalIfThere,
  temporalBinary,
  type TestInstance,
  until,
  withInstance,
} from "./support.ts";
import { ask } from "./support_events.ts";
import {
  assertNamespace,
  killHard,
  makeNamespace,
  openChannel,
  pidsOf,
  stopCleanly,
  untilRecovered,
  wrapTemporal,
} from "./support_lifecycle.ts";

/** How often the client below calls, in ms. */
const CALL_INTERVAL_MS = 20;

/** A client that calls Temporal all the time. `end` returns the number of calls, and the errors of failed ones. */
async function beginCalling(
  instance: TestInstance,
): Promise<{ end: () => Promise<{ calls: number; failures: string[] }> }> {
  const channel = await openChannel(instance);
  const failures: string[] = [];
  let calls = 0;
  let isOver = false;
  const calling = (async () => {
    while (!isOver) {
      const answer = await describeNamespace(channel, "default", DEADLINE_MS);
      calls++;
      if (answer !== "found") failures.push(JSON.stringify(answer));
      await new Promise((resolve) => setTimeout(resolve, CALL_INTERVAL_MS));
    }
    channel.close();
  })();
  return {
    end: async () => {
      isOver = true;
      await calling;
      return { calls, failures };
    },
  };
}

describe("adoption", () => {
  it("a Temporal whose supervisor was killed keeps running, is adopted by either runtime without a failed call, then restarted and stopped like any other", () =>
    withInstance(async (instance) => {
      const first = pidsOf(await instance.start(["--headless"]));
      const client = await beginCalling(instance);
      let supervisor = first.supervisor;
      try {
        for (const runtime of [otherRuntime, ownRuntime]) {
          await killHard(supervisor);
          const alone = await instance.status();
          assertEquals([alone.exitCode, alone.state, alone.healthy], [4, "unsupervised", true]);
          assertEquals([alone.temporal?.pid, alone.supervisor], [first.temporal, null]);

          const adopted = await instance.start(["--headless"], { runtime });
          assertEquals([adopted.temporal?.pid, adopted.temporal?.adopted], [first.temporal, true]);
          assertEquals([adopted.state, adopted.reused, adopted.supervisor?.runtime], ["running", true, runtime]);
          supervisor = pidsOf(adopted).supervisor;
        }
      } finally {
        const { calls, failures } = await client.end();
        assertEquals(failures, []);
        assert(calls > 20, `only ${calls} calls`);
      }
      assertEquals((await instance.status()).exitCode, 0);

      process.kill(first.temporal, "SIGKILL");
      const recovered = await untilRecovered(instance, first.temporal);
      assertEquals([recovered.supervisor?.pid, recovered.restarts], [supervisor, 1]);
      assertEquals(recovered.temporal?.adopted, false);

      await killHard(supervisor);
      const again = pidsOf(await instance.start());
      const stopped = await instance.stop(["--json"]);
      const pid = recovered.temporal?.pid;
      const expected = { schema: 1, state: "stopped", stopped: true, pid, forced: false };
      assertEquals([stopped.code, JSON.parse(stopped.stdout)], [0, expected]);
      assertNothingLeft(instance, [first.temporal, again.temporal, supervisor, again.supervisor]);
    }));

  it("a start with other settings replaces the orphan, on the same data, and any start replaces one that hangs", () =>
    withInstance(async (instance) => {
      const first = pidsOf(await instance.start(["--headless"]));
      await makeNamespace(instance, "kept");
      await killHard(first.supervisor);
      const replaced = await instance.start(["--headless", "--log-level", "error", "--namespace", "new"]);
      assertNotEquals(replaced.temporal?.pid, first.temporal);
      assertEquals([replaced.temporal?.adopted, replaced.reused, replaced.namespace], [false, false, "new"]);
      assert(!isAlive(first.temporal), "the one that it replaces is gone");
      assert(instance.processes.argv(pidsOf(replaced).temporal)?.includes("error"));
      await assertNamespace(instance, "kept");

      const second = pidsOf(replaced);
      await killHard(second.supervisor);
      process.kill(-second.temporal, "SIGSTOP");
      const third = await instance.start(["--headless"], { runtime: otherRuntime });
      assertNotEquals(third.temporal?.pid, second.temporal);
      assertEquals([third.healthy, third.temporal?.adopted], [true, false]);
      assert(!isAlive(second.temporal), "the one that hung is gone");
      await stopCleanly(instance, third, [first.temporal, second.temporal]);
    }));

  it("an orphan that is being checked or replaced is stopped like any other Temporal", () =>
    withInstance(async (instance) => {
      const { temporal, supervisor } = pidsOf(await instance.start(["--headless"]));
      await killHard(supervisor);
      process.kill(-temporal, "SIGSTOP"); // its health is checked for 3 s
      await stopWhileStarting(instance, ["--headless"], temporal, () => true);

      const deaf = `trap "" TERM; '${temporalBinary()}' "$@" & wait; while :; do sleep 1; done`;
      const flags = ["--headless", "--temporal-bin", wrapTemporal(instance.home, deaf)];
      const orphan = pidsOf(await instance.start(flags));
      await killHard(orphan.supervisor);
      const isReplaced = () => history(instance).at(-1)?.event === "replaced"; // its grace period is 12 s
      await stopWhileStarting(instance, [...flags, "--log-level", "error"], orphan.temporal, isReplaced);
    }));
});

/** Proves that a stop during a start that reconciles stops the orphan, reports it, and leaves nothing. */
async function stopWhileStarting(
  instance: TestInstance,
  flags: string[],
  orphan: number,
  hasCome: () => boolean,
): Promise<void> {
  const start = instance.launch(["start", ...flags]);
  await until("a supervisor reconciles", async () => {
    const host = await currentHost();
    return (await askSupervisor(host, instance.home, "GET", "/healthz")).kind === "answer" && hasCome();
  });
  const { stopped } = await ask(instance, "POST", "/stop", { graceMs: 0 });
  assertEquals(stopped, { pid: orphan, forced: true });
  const { code, stderr } = await start.ended;
  assertEquals(code, 1);
  assertStringIncludes(stderr, "Start interrupted by a `stop`");
  await until(
    "the supervisor has exited",
    () => instance.processes.lockHolders(instance.paths.supervisorLock).length === 0,
  );
  assertNothingLeft(instance, [orphan]);
  const status = await instance.status();
  assertEquals([status.exitCode, status.state], [3, "stopped"]);
}

describe("a supervisor that is stopped (SIGSTOP)", () => {
  it("is reported as not answering, and is woken by a start or a stop", () =>
    withInstance(async (instance) => {
      const { temporal, supervisor } = pidsOf(await instance.start(["--headless"]));
      process.kill(supervisor, "SIGSTOP");
      const status = await instance.status();
      assertEquals([status.exitCode, status.healthy, status.temporal?.pid], [4, false, temporal]);
      const check = status.checks.find(({ name }) => name === "supervisor");
      assert(check?.ok === false && check.detail.includes(`${supervisor}`), `${check?.detail}`);

      const start = await instance.start(["--headless"], { runtime: otherRuntime });
      assertEquals([start.state, start.temporal?.pid, start.supervisor?.pid], ["running", temporal, supervisor]);

      process.kill(supervisor, "SIGSTOP");
      await stopCleanly(instance, start);
    }));

  it("is replaced by a start when it cannot be woken, and Temporal keeps running", () =>
    withInstance(async (instance) => {
      const { temporal, supervisor } = pidsOf(await instance.start(["--headless"]));
      // Stopped again whenever it is woken: from outside that looks like a hung process.
      const keepStopped = setInterval(() => signalIfThere(supervisor, "SIGSTOP"), 1);
      let start;
      try {
        start = await instance.start(["--headless"]);
      } finally {
        clearInterval(keepStopped);
      }
      assertEquals([start.temporal?.pid, start.temporal?.adopted], [temporal, true]);
      assertNotEquals(start.supervisor?.pid, supervisor);
      await stopCleanly(instance, start, [supervisor]);
    }));
});
