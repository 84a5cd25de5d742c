import { readFileSync } from "node:fs";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { freePort } from "../free_ports.ts";
import { isAlive, until } from "./support.ts";
import {
  assertNoOthers,
  order,
  pollerCommand,
  pollerLine,
  processIn,
  statesIn,
  withStack,
} from "./support_processes.ts";
import { strangerCommand, withStranger } from "./support_strangers.ts";

describe("a process beside Temporal", () => {
  it("is ready when it polls, listens or responds, and is started after those that it depends on", async () => {
    const [port, httpPort] = [await freePort(), await freePort()];
    const http = `require("http").createServer((_, answer) => answer.end()).listen(${httpPort}, "127.0.0.1")`;
    await withStack([
      "  web:",
      `    command: ${JSON.stringify([process.env["STIGMER_TEST_NODE"], "-e", http])}`,
      `    http: http://127.0.0.1:${httpPort}/healthz`,
      "    depends_on: [late, codec]",
      `  late: { command: ${pollerCommand("--after", "700", "orders", "billing")}, task_queue: [orders, billing] }`,
      `  codec: { command: ${JSON.stringify(strangerCommand("tcp", "127.0.0.1", port))}, port: ${port} }`,
      "  plain: { command: exec sleep 300, depends_on: [web] }",
    ], async (stack) => {
      const starting = stack.run("start", "--json");
      const unready = await stack.untilProcess("late", "is awaited", ({ pid }) => pid !== null);
      assertEquals([unready.state, unready.ready], ["starting", false]);
      await stack.untilProcess(
        "late",
        "says why",
        ({ detail }) => /does not poll task queue `orders`/.test(detail ?? ""),
      );
      assertEquals(processIn(await stack.now(), "web").detail, "waiting for late, codec");
      const { code, stdout, stderr } = await starting;
      assertEquals(code, 0, stdout + stderr);
      const started = JSON.parse(stdout);
      assertEquals(statesIn(started), { web: "running", late: "running", codec: "running", plain: "running" });
      assertEquals([started.healthy, started.processes.every(({ ready }: { ready: boolean }) => ready)], [true, true]);
      const { taskQueues } = processIn(started, "late");
      assertEquals(taskQueues?.map(({ name }) => name), ["orders", "billing"]);
      for (const { name, workflow, activity } of taskQueues!) { // it is ready with the first poll of either kind
        assert(Math.abs(Date.parse(workflow ?? activity!) - Date.now()) < 60_000, name);
      }
      const begun = order(stack, "launched", "running");
      const at = (what: string) => begun.indexOf(what);
      assert(at("temporal running") < at("late launched") && at("temporal running") < at("codec launched"));
      assert(at("late running") < at("web launched") && at("codec running") < at("web launched"));
      assert(at("web running") < at("plain launched"));

      const { stdout: text } = await stack.run("status");
      assert(/✓ late +running +pid \d+, up \d+ s, polled orders \d+ s ago, polled billing/.test(text), text);
      await stack.stopCleanly(...started.processes.map(({ pid }: { pid: number }) => pid));
      const ended = order(stack, "stopping", "stopped").filter((each) => each.endsWith(" stopped"));
      assertEquals([ended[0], ended[1]], ["plain stopped", "web stopped"]);
      assertEquals(ended.at(-1), "temporal stopped");
    });
  });

  it("that polls a similar task queue is told so after ten seconds", () =>
    withStack([
      pollerLine("typo", "order", "task_queue: orders"),
      "  other: { command: exec sleep 300 }",
      "  behind: { command: exec sleep 300, depends_on: [typo] }",
    ], async (stack) => {
      const { code, stderr } = await stack.run("start");
      assertEquals(code, 1, stderr);
      assertStringIncludes(stderr, "typo: it polls task queue `order`, not `orders`");
      assertStringIncludes(stderr, "hint: Name the same task queue in the worker and under `task_queue`");
      const status = await stack.now();
      assertEquals([status?.state, status?.healthy], ["running", false]);
      assertEquals(statesIn(status), { typo: "starting", other: "running", behind: "starting" });
      assertEquals(processIn(status, "behind").detail, "waiting for typo");
      assertEquals((await stack.run("status")).code, 4);

      // The worker is mended: what waited for it comes up.
      stack.declare(
        pollerLine("typo", "orders"),
        "  other: { command: exec sleep 300 }",
        "  behind: { command: exec sleep 300, depends_on: [typo] }",
      );
      const mended = await stack.statusOf("restart", "typo");
      assertEquals([processIn(mended, "typo").ready, processIn(mended, "other").pid], [
        true,
        processIn(status, "other").pid,
      ]);
      await stack.untilProcess("behind", "is ready", ({ ready }) => ready);
    }));

  it("that cannot start is told with the cause, and Temporal and the others stay up", async () => {
    const port = await freePort();
    const listen = `require("net").createServer().listen(${port}, "127.0.0.1")`;
    const node = process.env["STIGMER_TEST_NODE"]!;
    const failing: Record<string, [keys: string, message: RegExp]> = {
      "no-shell-command": [
        "command: nonesuch --flag, task_queue: orders",
        /no-shell-command: command not found: .*nonesuch/,
      ],
      "no-program": ["command: [nonesuch]", /no-program: Cannot run nonesuch: file not found/],
      "no-folder": [
        "command: exec sleep 300, directory: nowhere",
        /no-folder: its directory \S+nowhere does not exist/,
      ],
      "no-right": ["command: [./stigmer-local.yaml]", /no-right: Cannot run \S+: it is not executable by this user/],
      "done": ["command: 'true', task_queue: orders", /done exited before it was ready \(exit code 0\)/],
      "in-background": [
        "command: sleep 300 & exit 0, task_queue: orders",
        /in-background exited before it was ready \(exit code 0\)/,
      ],
      "no-port": [
        `command: ${JSON.stringify([node, "-e", listen])}, port: ${port}`,
        new RegExp(`no-port: port ${port} is taken by pid \\d+`),
      ],
      "no-namespace": [
        `command: "echo 'Error: Namespace nonesuch is not found.'; exit 1", task_queue: orders`,
        /no-namespace: namespace nonesuch does not exist/,
      ],
      "elsewhere": [
        `command: "echo 'tcp connect error: 127.0.0.1:7234 Connection refused'; exit 1", task_queue: orders`,
        /elsewhere connects to 127.0.0.1:7234, which refuses connections; this instance is at 127.0.0.1:\d+/,
      ],
    };
    await withStranger("tcp", "127.0.0.1", port, (stranger) =>
      withStack([
        pollerLine("good", "orders"),
        ...Object.entries(failing).map(([name, [keys]]) => `  ${name}: { ${keys} }`),
        "  held-up: { command: exec sleep 300, depends_on: [done] }",
      ], async (stack) => {
        const { code, stderr } = await stack.run("start");
        assertEquals(code, 1, stderr);
        const status = await stack.now();
        assertEquals([status?.state, status?.healthy, processIn(status, "good").ready], ["running", false, true]);
        for (const [name, [, message]] of Object.entries(failing)) {
          const { state, failure, pid } = processIn(status, name);
          assertEquals([state, pid], ["failed", null], `${name}: ${failure?.message}`);
          assert(message.test(failure!.message), failure!.message);
          assert(message.test(stderr), stderr);
          assertEquals(failure!.code, "process-failed");
          assert(failure!.hint !== undefined);
        }
        const { state, failure } = processIn(status, "held-up");
        assertEquals([state, failure?.message.startsWith("It depends on done, which failed: ")], ["failed", true]);
        const again = await stack.run("start", "held-up"); // names the cause alone, as long as nothing has changed
        const waited = await stack.run("wait");
        for (const { stderr } of [again, waited]) assert(!stderr.includes("It depends on"), stderr);
        const { code: exitCode, stdout } = await stack.run("status");
        assertEquals(exitCode, 4);
        for (const name of Object.keys(failing)) assert(new RegExp(`✗ ${name} +failed `).test(stdout), stdout);
        await stack.stopCleanly(processIn(status, "good").pid);
        assert(stranger.isAlive());
      }));
  });

  it("that crashes again and again is given up, and the rest runs", () =>
    withStack([], async (stack) => {
      stack.declare(
        "  loop: { command: 'echo again >>starts; sleep 0.4; echo Error: it broke; exit 7' }",
        pollerLine("good", "orders"),
        "restart: { max: 3 }",
      );
      const started = await stack.statusOf("start");
      const { failure, restarts, lastExit, pid } = await stack.untilProcess("loop", "fails", ({ state }) =>
        state === "failed");
      assertEquals([failure?.code, restarts, lastExit?.code, pid], ["gave-up", 3, 7, null]);
      assertStringIncludes(failure!.message, "loop exited 4 times");
      assertEquals(readFileSync(`${stack.path}/starts`, "utf8"), "again\n".repeat(4));
      const { code, stdout } = await stack.run("status");
      assertEquals(code, 4);
      assert(/✗ loop +failed +3 restarts, Gave up: loop exited 4 times/.test(stdout), stdout);
      const doctor = await stack.run("doctor");
      assert(
        /✗ instance +loop, beside Temporal, is not ready \(failed\): Gave up: loop exited 4 times/.test(doctor.stdout),
        doctor.stdout,
      );
      assert(/loop exited unexpectedly 4 times in the last hour/.test(doctor.stdout), doctor.stdout);
      const now = await stack.now();
      assertEquals(
        [now?.state, now?.temporal?.pid, processIn(now, "good").pid],
        ["running", started.temporal!.pid, processIn(started, "good").pid],
      );
      // It is mended, and a start brings it up.
      stack.declare("  loop: { command: exec sleep 300 }", pollerLine("good", "orders"), "restart: { max: 3 }");
      const mended = await stack.statusOf("start");
      assertEquals([mended.healthy, statesIn(mended)], [true, { loop: "running", good: "running" }]);
      const loop = processIn(mended, "loop").pid!;
      assertEquals(processIn(mended, "good").pid, processIn(started, "good").pid);
      process.kill(loop, "SIGKILL");
      const again = await stack.untilProcess("loop", "is restarted", ({ pid, ready }) =>
        ready && pid !== loop);
      await until("the first one is gone", () =>
        !isAlive(loop));
      assertNoOthers(stack, again.pid, processIn(started, "good").pid);
    }));
});
