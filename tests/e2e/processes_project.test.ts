import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { isAlive, until } from "./support.ts";
import { killHard } from "./support_lifecycle.ts";
import { markedBy, pollerLine, processIn, statesIn, withStack } from "./support_processes.ts";

describe("a changed project file", () => {
  it("adds processes by start, which tells what differs, and applies the rest by restart", () =>
    withStack([pollerLine("worker", "orders"), "  codec: { command: exec sleep 300 }"], async (stack) => {
      const first = await stack.statusOf("start");
      const [worker, codec] = [processIn(first, "worker").pid!, processIn(first, "codec").pid!];

      stack.declare(
        pollerLine("worker", "orders"),
        "  codec: { command: exec sleep 300 }",
        "  api: { command: exec sleep 300, depends_on: [worker] }",
      );
      const second = await stack.statusOf("start");
      assertEquals(statesIn(second), { worker: "running", codec: "running", api: "running" });
      assertEquals([processIn(second, "worker").pid, processIn(second, "codec").pid], [worker, codec]);
      const api = processIn(second, "api").pid!;

      stack.declare(
        pollerLine("worker", "orders", "task_queue: orders, environment: { LEVEL: debug }"),
        "  api: { command: exec sleep 301, depends_on: [worker], stop_timeout: 5s }",
        "  more: { command: exec sleep 300 }",
      );
      const { code, stderr } = await stack.run("start");
      assertEquals(code, 1);
      assertStringIncludes(stderr, "Processes are already running with different settings: ");
      for (
        const difference of [
          'processes.worker.environment is {}, requested {"LEVEL":"debug"}',
          "processes.api.command is exec sleep 300, requested exec sleep 301",
          "processes.api.stop_timeout is 10",
          "processes.codec is declared",
        ]
      ) assertStringIncludes(stderr, difference);
      assertStringIncludes(stderr, "stigmer-local restart");
      assertEquals(statesIn(await stack.now()), { worker: "running", codec: "running", api: "running" });

      // Of one: the others stay as they are.
      const one = await stack.statusOf("restart", "api");
      assertNotEquals(processIn(one, "api").pid, api);
      assertEquals([processIn(one, "worker").pid, processIn(one, "codec").pid], [worker, codec]);

      const third = await stack.statusOf("restart");
      assertEquals(statesIn(third), { worker: "running", api: "running", more: "running" });
      assertNotEquals(processIn(third, "worker").pid, worker);
      for (const pid of [worker, codec, api]) assert(!isAlive(pid), `${pid}`);
      if (process.platform === "linux") {
        const environment = readFileSync(`/proc/${processIn(third, "worker").pid}/environ`, "utf8").split("\0");
        assert(environment.includes("LEVEL=debug"));
        assert(environment.some((each) => each.startsWith("TEMPORAL_ADDRESS=127.0.0.1:")));
      }
      assertEquals((await stack.statusOf("start")).reused, true);

      // What is not declared any more is ended by the next supervisor, too; what is declared otherwise is replaced.
      await killHard(third.supervisor!.pid);
      stack.declare(pollerLine("worker", "orders"));
      const fourth = await stack.statusOf("start");
      assertEquals(statesIn(fourth), { worker: "running" });
      for (const { pid } of third.processes!) assert(!isAlive(pid!), `${pid}`);

      // Without processes, nothing of them is left.
      stack.declare();
      const fifth = await stack.statusOf("restart");
      assertEquals([fifth.processes ?? [], markedBy(stack.paths.home)], [[], []]);
    }));

  it("adds what `restart NAME` names, and what that depends on; what is watched no more is no warning", () =>
    withStack([], async (stack) => {
      stack.declare("  api: { command: exec sleep 300, watch: late }");
      await stack.statusOf("start");
      await until("it warns", async () => ((await stack.now())?.warnings ?? []).some((each) => each.includes("late")));

      const codec = "  codec: { command: exec sleep 300 }";
      stack.declare("  api: { command: exec sleep 300, depends_on: codec }", codec, "  other: { command: sleep 300 }");
      const first = await stack.statusOf("restart", "api");
      assertEquals(statesIn(first), { api: "running", codec: "running" });
      assertEquals(first.warnings, undefined);

      await stack.run("stop", "codec");
      assertEquals(statesIn(await stack.statusOf("restart", "api")), { api: "running", codec: "running" });

      const { stderr } = await stack.run("stop", "other");
      assertStringIncludes(stderr, "This instance has api, codec");
      assertEquals(statesIn(await stack.statusOf("restart", "other")).other, "running");
    }));

  it("gets its first process by `restart NAME`", () =>
    withStack([], async (stack) => {
      await stack.statusOf("start");
      stack.declare("  worker: { command: exec sleep 300 }");
      assertEquals(statesIn(await stack.statusOf("restart", "worker")), { worker: "running" });
    }));

  it("on one home is applied by one of two starts, and the other tells", () =>
    withStack([], async (stack) => {
      stack.declare("  worker: { command: exec sleep 300 }");
      const other = stack.write(
        "../other/stigmer-local.yaml",
        "home: ../app/.stigmer",
        "port: auto",
        "headless: true",
        "processes:",
        "  worker: { command: exec sleep 301 }",
        "  extra: { command: exec sleep 302 }",
      );
      assert(existsSync(other));
      const [one, two] = await Promise.all([stack.run("start"), stack.runIn("../other", "start")]);
      assertEquals([one.code, two.code].sort(), [0, 1], one.stderr + two.stderr);
      assertStringIncludes(one.stderr + two.stderr, "already running with different settings: processes.worker.");
      const now = await stack.now();
      assert(now!.healthy);
      await until("nothing else is alive", () => markedBy(stack.paths.home).length === now!.processes!.length);
    }));
});
