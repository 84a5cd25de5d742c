import { execFile, execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { temporalBinary, until } from "./support.ts";
import { assertNoOthers, eventsOf, order, processIn, withStack } from "./support_processes.ts";

const SDK_WORKER = fileURLToPath(new URL("./fixtures/sdk_worker.cjs", import.meta.url));

describe("a change of a watched file", () => {
  it("in mid-activity ends the worker gracefully, and the next one completes the activity", () =>
    withStack([], async (stack) => {
      const command = JSON.stringify([process.env["STIGMER_TEST_NODE"], SDK_WORKER]);
      stack.declare(
        `  worker: { command: ${command}, task_queue: orders, watch: [src], stop_timeout: 60s }`,
        "  api: { command: exec sleep 300, depends_on: [worker] }",
      );
      stack.write("src/version", "old");
      const started = await stack.statusOf("start");
      const { pid: worker, taskQueues } = processIn(started, "worker");
      assert(taskQueues![0]!.workflow !== null || taskQueues![0]!.activity !== null);
      const temporal = (...args: string[]) =>
        promisify(execFile)(temporalBinary(), ["workflow", ...args, "--address", started.address]);
      await temporal("start", "--type", "order", "--task-queue", "orders", "--workflow-id", "order-1");
      await until("the activity is under way", () => existsSync(`${stack.path}/attempt`));

      stack.write("src/version", "new");
      const next = await stack.untilProcess("worker", "is replaced", ({ ready, pid }) => ready && pid !== worker);
      const { stdout } = await temporal("result", "--workflow-id", "order-1");
      assertStringIncludes(stdout, "new, attempt 2");
      assertEquals([next.restarts, next.lastExit?.code, next.lastExit?.reason], [0, 0, "stopped"]);
      assertStringIncludes(readFileSync(next.log, "utf8"), "shut down");
      const ended = eventsOf(stack).filter(({ event, process }) => event === "ended" && process === "worker");
      assertEquals(ended.map(({ forced }) => forced), [false]);
      assertEquals(processIn(await stack.now(), "api").pid, processIn(started, "api").pid);
      assertNoOthers(stack, processIn(started, "api").pid, next.pid);
    }));

  it("that the process makes itself, again and again, is a warning until the file is not watched any more", () =>
    withStack([], async (stack) => {
      const command = `command: "while :; do date >>out/own.log; sleep 0.2; done"`;
      stack.write("out/keep");
      stack.declare(`  busy: { ${command}, watch: out }`);
      await stack.run("start");
      const seen = async () => `${(await stack.now())?.warnings ?? ""}`;
      await until("it warns", async () => (await seen()).includes("/out/own.log has restarted it"));

      stack.declare(`  busy: { ${command} }`);
      assertEquals((await stack.statusOf("restart", "busy")).warnings, undefined);
    }));

  it("brings up what has failed, and is one restart for many; ignored files and a stop leave it alone", () =>
    withStack([], async (stack) => {
      const worker = "  worker: { command: 'test -e src/compiles && exec sleep 300', watch: [src] }";
      stack.declare(worker);
      execFileSync("git", ["init", "-q", stack.path]);
      stack.write(".gitignore", "*.tmp");
      stack.write("src/a", "1");
      const { code, stderr } = await stack.run("start");
      assertEquals(code, 1, stderr);
      const failed = await stack.untilProcess("worker", "fails", ({ state }) => state === "failed");
      assertEquals(failed.detail, "it starts again after a change");
      stack.write("src/compiles", "yes");
      const first = await stack.untilProcess("worker", "is up", ({ ready }) => ready);

      for (let at = 0; at < 10; at++) stack.write(`src/b${at}`, `${at}`);
      const second = await stack.untilProcess("worker", "is replaced", ({ ready, pid }) => ready && pid !== first.pid);
      assertNotEquals(second.pid, first.pid);
      // Between two changes that count, one that does not.
      stack.write("src/c.tmp", "ignored");
      stack.write("src/c", "counts");
      await stack.untilProcess("worker", "is replaced", ({ ready, pid }) => ready && pid !== second.pid);
      const changed = eventsOf(stack).filter(({ event }) => event === "changed").map(({ paths }) => `${paths}`);
      assertEquals(changed.length, 3, `${changed}`);
      assert(!changed.some((paths) => paths.includes("c.tmp")), `${changed}`);
      assertEquals(order(stack, "launched").filter((each) => each.startsWith("worker")).length, 4);

      assertEquals((await stack.run("stop", "worker")).code, 0);
      stack.write("src/d", "1");
      const again = await stack.statusOf("start", "worker");
      assertEquals(order(stack, "launched").filter((each) => each.startsWith("worker")).length, 5);
      assertNoOthers(stack, processIn(again, "worker").pid);
    }));
});
