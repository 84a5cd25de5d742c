import { rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { assertNothingLeft, history, isAlive, until, withInstance } from "./support.ts";
import { ask, untilEvent } from "./support_events.ts";
import { pidsOf } from "./support_lifecycle.ts";
import { fakeTemporal } from "./support_strangers.ts";

describe("a Temporal that dies", () => {
  it("is restarted after it exits 0 without a request", () =>
    withInstance(async (instance) => {
      const { temporal } = pidsOf(await instance.start(["--headless"]));
      process.kill(temporal, "SIGTERM"); // the real Temporal then exits with 0
      await untilEvent(instance, "running", 2);
      const { lastExit, restarts } = await ask(instance, "GET", "/status");
      assertEquals([lastExit?.code, lastExit?.signal, lastExit?.reason, restarts], [0, null, "exited by itself", 1]);
    }));

  it("is restarted, also by hand, after its logs were removed", () =>
    withInstance(async (instance) => {
      const { temporal } = pidsOf(await instance.start(["--headless"]));
      rmSync(instance.paths.logsDir, { recursive: true });
      process.kill(temporal, "SIGKILL");
      await untilEvent(instance, "running", 2);
      rmSync(instance.paths.logsDir, { recursive: true });
      const { code, stderr } = await instance.run(["restart"]);
      assertEquals(code, 0, stderr);
      assertEquals((await instance.status()).exitCode, 0);
    }));

  it("is killed and restarted when it hangs", () =>
    withInstance(async (instance) => {
      const { temporal } = pidsOf(await instance.start(["--headless"]));
      process.kill(temporal, "SIGSTOP");
      await untilEvent(instance, "unhealthy");
      const hung = await instance.status();
      assertEquals([hung.exitCode, hung.healthy], [4, false]);
      await untilEvent(instance, "running", 2);
      const seen = await ask(instance, "GET", "/status");
      assertEquals([seen.restarts, seen.lastExit?.signal], [1, "SIGKILL"]);
      assertMatch(seen.lastExit!.reason, /^hung: 3 health checks in a row failed$/);
      assert(!isAlive(temporal), "the hung one is still there");
    }));
});

/** A real Temporal until the home contains a file `broken`; then one that exits at once. */
const BREAKABLE = 'test -e broken && exit 1\nexec "$TEMPORAL" "$@"';

describe("a Temporal that keeps dying", () => {
  it("is restarted after growing delays, and a stop ends the delay", () =>
    withInstance(async (instance) => {
      const binary = fakeTemporal(instance.home, BREAKABLE);
      const pids = pidsOf(await instance.start(["--headless", "--temporal-bin", binary]));
      writeFileSync(join(instance.home, "broken"), "");
      process.kill(pids.temporal, "SIGKILL");
      await untilEvent(instance, "backoff", 6); // a delay of 2 to 4 s, long enough for the checks
      const seen = await until("it waits", async () => {
        const status = await ask(instance, "GET", "/status");
        return status.state === "backoff" && status.temporal === null ? status : null;
      });
      assertEquals(seen.healthy, false);
      await ask(instance, "POST", "/stop", {});
      assertEquals(history(instance).at(-1)?.event, "stopped");
      assertEquals(history(instance).at(-1)?.["from"], "backoff");
      await until("the supervisor is gone", () => !isAlive(pids.supervisor));
      assertNothingLeft(instance, [pids.temporal, pids.supervisor]);

      const waits = waitsOf(history(instance));
      // At once, then 50 to 100 % of 250 ms, doubling. Under load a delay is longer, and never shorter.
      for (const [index, leastMs] of [0, 125, 250, 500].entries()) {
        assert(waits[index]! >= leastMs - 2, `wait ${index} took ${waits[index]} ms: ${waits}`);
      }
      const status = await instance.status();
      assertEquals([status.exitCode, status.state], [3, "stopped"]);
    }));

  it("is launched at once by a start during the delay", () =>
    withInstance(async (instance) => {
      const binary = fakeTemporal(instance.home, BREAKABLE);
      const first = await instance.start(["--headless", "--temporal-bin", binary]);
      writeFileSync(join(instance.home, "broken"), "");
      process.kill(pidsOf(first).temporal, "SIGKILL");
      await untilEvent(instance, "backoff", 6); // a delay of 2 to 4 s
      let looks = 0; // the first may come while the end of the last one is being noticed
      await until("it waits", async () => {
        const { state, temporal } = await ask(instance, "GET", "/status");
        looks = state === "backoff" && temporal === null ? looks + 1 : 0;
        return looks > 3;
      });
      unlinkSync(join(instance.home, "broken"));
      const { state } = await ask(instance, "POST", "/start", { noWait: true });
      assertEquals(state, "starting");
      const status = await instance.start(["--temporal-bin", binary]);
      assertEquals([status.state, status.supervisor?.pid], ["running", first.supervisor?.pid]);
    }));

  it("is given up after --max-restarts, and the next start launches it again", () =>
    withInstance(async (instance) => {
      const first = await instance.start(["--headless", "--max-restarts", "2"]);
      const pids = [pidsOf(first).supervisor];
      for (let life = 1; life <= 3; life++) {
        const { pid } = await untilEvent(instance, "launched", life);
        await untilEvent(instance, "running", life);
        pids.push(Number(pid));
        process.kill(Number(pid), "SIGKILL");
      }
      await until("the supervisor is gone", () => !isAlive(pids[0]!));
      assertNothingLeft(instance, pids);
      assertEquals(history(instance).filter(({ event }) => event === "launched").length, 3);

      const seen = await instance.status();
      assertEquals([seen.exitCode, seen.state, seen.temporal, seen.restarts], [1, "failed", null, 2]);
      assertEquals([seen.failure?.code, seen.failure?.facts?.["limit"]], ["gave-up", 2]);
      assertEquals(seen.lastExit?.signal, "SIGKILL");
      const { stdout, code } = await instance.run(["status"]);
      assertEquals(code, 1);
      assertMatch(stdout, /^● Temporal has failed$/m);
      assertMatch(stdout, /^ +why +Gave up: Temporal exited 3 times within 5 minutes$/m);
      // Recorded by the supervisor, completed for this command line: typed as it stands, it means this instance.
      const home = `--home '${instance.home}'`;
      assertStringIncludes(stdout, `\`stigmer-local start ${home}\` tries again`);
      assertStringIncludes(seen.failure?.hint ?? "", `See \`stigmer-local logs ${home}\``);
      const own = await instance.run(["status", "--json"], { env: { STIGMER_HOME: instance.home } });
      assertStringIncludes(JSON.parse(own.stdout).failure.hint, "See `stigmer-local logs`;");

      const again = await instance.start(["--headless"]);
      assertEquals([again.state, again.restarts, again.reused], ["running", 0, false]);
      assertEquals((await instance.status()).exitCode, 0);
    }));
});

/** A lower bound of each delay between an exit and the next launch, in ms. */
function waitsOf(events: { event: string; [fact: string]: unknown }[]): number[] {
  const timeOf = (event: { [fact: string]: unknown }) => Date.parse(String(event["at"]));
  return events.flatMap((event, index) => {
    if (event.event !== "backoff") return [];
    const next = events.slice(index).find((each) => each.event === "starting");
    return next === undefined ? [] : [timeOf(next) - timeOf(event)];
  });
}

describe("stop", () => {
  it("interrupts a start in progress, which says so", () =>
    withInstance(async (instance) => {
      const binary = fakeTemporal(instance.home, "exec sleep 1000");
      const start = instance.launch(["start", "--headless", "--temporal-bin", binary]);
      const { pid } = await untilEvent(instance, "launched");
      const waiting = await instance.status();
      assertEquals([waiting.exitCode, waiting.state, waiting.temporal?.pid], [4, "starting", pid]);
      const stopped = await instance.stop();
      assertEquals([stopped.code, stopped.stderr], [0, ""]);
      assertMatch(stopped.stdout, new RegExp(`^Temporal stopped \\(pid ${pid}\\)$`, "m"));
      const interrupted = await start.ended;
      assertEquals([interrupted.code, interrupted.stdout], [1, ""]);
      assertMatch(interrupted.stderr, /^error: Start interrupted by a `stop`$/m);
      assertNothingLeft(instance, [Number(pid), waiting.supervisor!.pid]);
      assertEquals((await instance.status()).exitCode, 3);
    }));

  it("stops a hung Temporal without SIGKILL", () =>
    withInstance(async (instance) => {
      const { temporal, supervisor } = pidsOf(await instance.start(["--headless"]));
      process.kill(temporal, "SIGSTOP");
      await untilEvent(instance, "unhealthy");
      const result = await instance.stop(["--json"]);
      assertEquals(result.code, 0);
      assertEquals(JSON.parse(result.stdout), {
        schema: 1,
        state: "stopped",
        stopped: true,
        pid: temporal,
        forced: false,
      });
      assertEquals(history(instance).at(-1)?.event, "stopped");
      assertNothingLeft(instance, [temporal, supervisor]);
    }));
});
