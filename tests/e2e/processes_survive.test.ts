import { readFileSync } from "node:fs";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { processPaths } from "../../lib/instance/paths.ts";
import type { Status } from "../../lib/instance/status/status.ts";
import { processesHere } from "../../lib/platform/processes/processes_here.ts";
import { freePort } from "../free_ports.ts";
import { isAlive, until } from "./support.ts";
import {
  allPids,
  assertNoOthers,
  assertNothingLeft,
  eventsOf,
  pollerCommand,
  pollerLine,
  processIn,
  type TestStack,
  withStack,
} from "./support_processes.ts";
import { killHard, readPid } from "./support_lifecycle.ts";
import { strangerCommand } from "./support_strangers.ts";

const THREE = (port: number) => [
  pollerLine("worker", "orders"),
  `  codec: { command: ${JSON.stringify(strangerCommand("tcp", "127.0.0.1", port))}, port: ${port} }`,
  "  plain: { command: 'sleep 300; true', depends_on: [worker] }",
];

/** The PIDs of the processes beside Temporal, by name. */
function pidsByName(status: Status | null): Record<string, number | null> {
  return Object.fromEntries((status?.processes ?? []).map(({ name, pid }) => [name, pid]));
}

/** The address that a process was given when it was launched. */
function addressOf(pid: number): string | undefined {
  return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").find((each) => each.startsWith("TEMPORAL_ADDRESS="));
}

function launches(stack: TestStack, name: string): number {
  return eventsOf(stack).filter(({ event, process }) => event === "launched" && process === name).length;
}

describe("processes beside Temporal", () => {
  it("survive a kill -9 of the supervisor, are adopted by the next one, and are launched again after one of everything", async () =>
    withStack(THREE(await freePort()), async (stack) => {
      const first = await stack.statusOf("start");
      await killHard(first.supervisor!.pid);
      for (const pid of allPids(first)) assert(isAlive(pid), `pid ${pid}`);
      assertEquals((await stack.run("status")).code, 4, "without a supervisor");

      const second = await stack.statusOf("start");
      assertNotEquals(second.supervisor!.pid, first.supervisor!.pid);
      assertEquals([second.temporal?.pid, second.temporal?.adopted], [first.temporal!.pid, true]);
      assertEquals(pidsByName(second), pidsByName(first));
      assert(second.processes!.every(({ ready, adopted }) => ready && adopted), JSON.stringify(second.processes));
      assertEquals(Object.keys(pidsByName(second)).map((name) => launches(stack, name)), [1, 1, 1]);

      // The end of one that was adopted is noticed, and it is launched again.
      const worker = processIn(second, "worker").pid!;
      process.kill(-worker, "SIGKILL");
      const again = await stack.untilProcess("worker", "is back", ({ pid, ready }) => ready && pid !== worker);
      assertEquals([again.adopted, again.restarts], [false, 1]);

      await killHard(second.supervisor!.pid);
      for (const pid of [...allPids(second).filter((pid) => pid !== worker), again.pid!]) {
        process.kill(-pid, "SIGKILL");
        await until(`${pid} is dead`, () => !isAlive(pid));
      }
      const { code, stdout } = await stack.run("status");
      assertEquals(code, 1, stdout);
      const third = await stack.statusOf("start");
      assert(third.healthy && third.processes!.every(({ adopted }) => !adopted), "they are launched again");

      await killHard(third.supervisor!.pid, third.temporal!.pid);
      const fourth = await stack.statusOf("start");
      assertEquals(pidsByName(fourth), pidsByName(third), "the ports are the same: they are adopted");

      // Without a supervisor, and from a command that never saw them, `stop` ends them all.
      await killHard(fourth.supervisor!.pid);
      await stack.stopCleanly(...allPids(second), again.pid, ...allPids(third), ...allPids(fourth));
    }));

  it("go on while Temporal is killed, and are replaced when it comes back on another port", async () =>
    withStack(THREE(await freePort()), async (stack) => {
      const first = await stack.statusOf("start");
      process.kill(first.temporal!.pid, "SIGKILL");
      const recovered = await until("another Temporal serves", async () => {
        const now = await stack.now();
        return now?.state === "running" && now.temporal?.pid !== first.temporal!.pid ? now : null;
      });
      assertEquals(pidsByName(recovered), pidsByName(first));
      // The worker polls the new one, which has seen no poll of the old one.
      await stack.untilProcess("worker", "polls", ({ ready, restarts }) => ready && restarts === 0);
      assert((await stack.statusOf("start")).healthy);

      const port = await freePort();
      const moved = await stack.statusOf("restart", "--port", `${port}`);
      assertEquals([moved.address, moved.healthy], [`127.0.0.1:${port}`, true]);
      for (const { name, pid } of moved.processes!) {
        assertNotEquals(pid, processIn(first, name).pid, name);
        if (process.platform === "linux") assertEquals(addressOf(pid!), `TEMPORAL_ADDRESS=127.0.0.1:${port}`, name);
      }
      // A supervisor that comes up with another port replaces what it finds.
      await killHard(moved.supervisor!.pid, moved.temporal!.pid);
      const other = await freePort();
      const replaced = await stack.statusOf("start", "--port", `${other}`);
      for (const { name, pid, adopted } of replaced.processes!) {
        assert(pid !== processIn(moved, name).pid && !adopted, name);
      }
      await stack.stopCleanly(...allPids(first), ...allPids(moved), ...allPids(replaced));
    }));

  it("are launched again when they exit during a start because Temporal died", async () => {
    const port = await freePort();
    const listener = JSON.stringify(strangerCommand("tcp", "127.0.0.1", port)).slice(1);
    await withStack([`  worker: { command: [sh, worker.sh, ${listener}, port: ${port} }`], async (stack) => {
      stack.write(
        "worker.sh",
        'if [ -e killed ]; then exec "$@"; fi',
        "touch killed",
        "kill -9 $(head -n 1 .stigmer/temporal.pid)",
        "exit 1",
      );
      const started = await stack.statusOf("start");
      const worker = processIn(started, "worker");
      assertEquals([started.restarts, worker.ready, worker.restarts], [1, true, 1]);
      await stack.stopCleanly(worker.pid);
    });
  });

  it("leave no second worker when the one that started them is killed alone", () =>
    withStack([], async (stack) => {
      // Node gives no descriptor on: the child has no lock, as a worker that npm started.
      const parent = `require("child_process").spawn(process.execPath, ${pollerCommand("orders")}.slice(1), ` +
        `{ stdio: "inherit" }).on("spawn", function () { require("fs").writeFileSync("child", this.pid + "\\n") })`;
      stack.declare(
        `  worker: { command: ${
          JSON.stringify([process.env["STIGMER_TEST_NODE"], "-e", parent])
        }, task_queue: orders }`,
      );
      const first = await stack.statusOf("start");
      const child = await readPid(`${stack.path}/child`);
      const leader = processIn(first, "worker").pid!;
      assertNotEquals(child, leader);
      assertEquals(processesHere().lockHolders(processPaths(stack.paths, "worker").processLock).map(({ pid }) => pid), [
        leader,
      ]);
      process.kill(leader, "SIGKILL");
      const second = await stack.untilProcess("worker", "is back", ({ pid, ready }) => ready && pid !== leader);
      assert(!isAlive(child), "the first worker lives beside the second");

      // The same while no supervisor looks.
      const [supervisor, next] = [(await stack.now())!.supervisor!.pid, await readPid(`${stack.path}/child`)];
      await killHard(supervisor, second.pid!);
      assert(isAlive(next));
      const third = processIn(await stack.statusOf("start"), "worker").pid!;
      assert(!isAlive(next), "the second worker lives beside the third");
      const last = await until("the third worker", async () => {
        const pid = await readPid(`${stack.path}/child`);
        return pid === next ? null : pid;
      });
      assertNoOthers(stack, third, last);

      // And while nothing does but `stop`.
      await killHard((await stack.now())!.supervisor!.pid, third);
      assert(isAlive(last));
      await stack.stopCleanly(leader, child, second.pid, next, third, last);
      assertNothingLeft(stack);
    }));
});
