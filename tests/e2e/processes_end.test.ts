import { readFileSync } from "node:fs";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import type { ProcessStatus } from "../../lib/instance/status/status.ts";
import { freePort } from "../free_ports.ts";
import { isAlive, ownRuntime, until } from "./support.ts";
import { readPid } from "./support_lifecycle.ts";
import {
  allPids,
  assertNoOthers,
  assertNothingLeft,
  eventsOf,
  order,
  pollerLine,
  processIn,
  statesIn,
  withStack,
} from "./support_processes.ts";
import { strangerCommand } from "./support_strangers.ts";

/** A program of one's own that ignores SIGTERM, and is ready when it does. */
function stubborn(port: number): string {
  const script = `process.on("SIGTERM", () => {}); require("net").createServer().listen(${port}, "127.0.0.1")`;
  return JSON.stringify([process.env["STIGMER_TEST_NODE"], "-e", script]);
}

/** A hundred are started and ended by the same code on Node, where this test costs as much again. */
const MANY = ownRuntime === "deno" ? 100 : 20;

describe("the end of processes beside Temporal", () => {
  it("comes in the reverse order of their start, by SIGTERM, then by SIGKILL, and reaches whatever they started", async () => {
    const port = await freePort();
    await withStack([
      `  base: { command: ${stubborn(port)}, port: ${port}, stop_timeout: 0.5s }`,
      pollerLine("worker", "orders", "task_queue: orders, depends_on: [base]"),
      "  api: { command: exec sleep 300, depends_on: [worker] }",
      "  background: { command: 'sleep 300 & echo $! >background; wait' }",
      "  session: { command: 'setsid sh -c \"echo \\$\\$ >session; exec sleep 300\" & exec sleep 300' }",
      "  closed: { command: 'exec >&- 2>&-; exec sleep 300' }",
      "  binary: { command: 'head -c 100000 /dev/urandom; exec sleep 300' }",
      "  orphan: { command: '(sleep 300 & echo $! >orphan); exec sleep 300' }",
      "  gone: { command: '(sleep 300 & echo $! >gone); exec sleep 1', depends_on: [api] }",
    ], async (stack) => {
      const started = await stack.statusOf("start");
      const children = await Promise.all(
        ["background", "session", "orphan"].map((name) => readPid(`${stack.path}/${name}`)),
      );
      for (const pid of children) assert(isAlive(pid), `${pid}`);
      // One whose leader exits by itself leaves nothing beside its successor.
      const gone = await readPid(`${stack.path}/gone`);
      await until("its child is ended with it", () => !isAlive(gone));
      const others = ["base", "worker", "api", "background", "session", "closed", "binary", "orphan"];
      await stack.stopCleanly(
        started.temporal!.pid,
        ...children,
        ...others.map((name) => processIn(started, name).pid),
      );
      const chain = (...events: string[]) =>
        order(stack, ...events).filter((each) => /^(base|worker|api|temporal) /.test(each));
      assertEquals(chain("ended"), ["api ended", "worker ended", "base ended", "temporal ended"]);
      const forced = eventsOf(stack).filter(({ event, forced }) => event === "ended" && forced === true);
      assertEquals(forced.map(({ process }) => process).filter((name) => name !== "gone"), ["base"]);
      // Each is over before the next one is asked to end.
      const steps = chain("stopping", "stopped").filter((each) => !each.startsWith("temporal"));
      assertEquals(steps, ["api", "worker", "base"].flatMap((name) => [`${name} stopping`, `${name} stopped`]));
    });
  });

  it("by name leaves the others alone, until a start by name or of everything", () =>
    withStack([
      pollerLine("worker", "orders"),
      "  api: { command: exec sleep 300, depends_on: [worker] }",
      "  codec: { command: exec sleep 300 }",
    ], async (stack) => {
      const only = await stack.statusOf("start", "api");
      assertEquals(statesIn(only), { worker: "running", api: "running", codec: "stopped" });
      const [worker, api] = [processIn(only, "worker").pid!, processIn(only, "api").pid!];

      const { code, stderr } = await stack.run("start", "wroker");
      assertEquals(code, 2);
      assertStringIncludes(stderr, "There is no process `wroker`");
      assertStringIncludes(stderr, "Did you mean `worker`?");
      for (const command of ["stop", "restart"]) {
        assertEquals((await stack.run(command, "worker", "nonesuch")).code, 2, command);
      }
      assert(isAlive(worker) && isAlive(api), "a refused command touches nothing");

      assertEquals((await stack.run("stop", "api")).code, 0);
      assert(!isAlive(api) && isAlive(worker));
      const stopped = await stack.now();
      assertEquals(statesIn(stopped), { worker: "running", api: "stopped", codec: "stopped" });
      assertEquals(
        [stopped!.healthy, (await stack.run("status")).code],
        [true, 0],
        "what was stopped by name is as it should be",
      );
      assertEquals((await stack.run("stop", "api")).code, 0, "again");

      // A crash of Temporal does not start what was stopped.
      process.kill(stopped!.temporal!.pid, "SIGKILL");
      await until("another Temporal serves", async () => {
        const now = await stack.now();
        return now?.state === "running" && now.temporal?.pid !== stopped!.temporal!.pid;
      });
      assertEquals(statesIn(await stack.now()), { worker: "running", api: "stopped", codec: "stopped" });

      const all = await stack.statusOf("start");
      assertEquals(statesIn(all), { worker: "running", api: "running", codec: "running" });
      assertEquals(processIn(all, "worker").pid, worker);
      const restarted = await stack.statusOf("restart", "worker");
      assertNotEquals(processIn(restarted, "worker").pid, worker);
      assertEquals([processIn(restarted, "worker").ready, processIn(restarted, "worker").restarts], [true, 0]);
      assertEquals(processIn(restarted, "api").pid, processIn(all, "api").pid);

      // A stop and a start at once end in one or the other, and nothing is there twice.
      await Promise.all([stack.run("stop", "codec"), stack.run("start", "codec"), stack.run("restart", "codec")]);
      const settled = await stack.statusOf("start");
      assert(settled.healthy && settled.processes!.every(({ ready }) => ready));
      assertNoOthers(stack, ...settled.processes!.map(({ pid }) => pid));
      await stack.stopCleanly(...allPids(settled), worker, api);
      assertEquals((await stack.run("stop", "worker")).code, 0, "nothing runs");
    }));

  it("may be that of a restart while one waits for another one", async () => {
    const port = await freePort();
    const server = strangerCommand("tcp", "127.0.0.1", port).join(" ");
    await withStack([
      `  base: { command: "until [ -e go ]; do sleep 0.1; done; exec ${server}", port: ${port} }`,
      "  behind: { command: exec sleep 300, depends_on: [base] }",
    ], async (stack) => {
      const first = stack.run("start");
      await stack.untilProcess("behind", "waits", ({ detail }) => detail === "waiting for base");
      const restarted = stack.run("restart", "behind");
      await until(
        "it is restarted",
        () =>
          eventsOf(stack).some(({ event, process, from }) =>
            event === "starting" && process === "behind" && from === "stopping"
          ),
      );
      stack.write("go");
      for (const { code, stderr } of [await first, await restarted]) assertEquals(code, 0, stderr);
      assert((await stack.now())?.processes?.every(({ ready }) => ready));
    });
  });

  it("is told to a start that waits for them", () =>
    withStack([
      "  never: { command: exec sleep 300, task_queue: orders }",
      "  api: { command: exec sleep 300, depends_on: [never] }",
    ], async (stack) => {
      const silent = ({ detail }: ProcessStatus) => detail === "it does not poll task queue `orders`";
      const first = stack.run("start");
      const { pid } = await stack.untilProcess("never", "is awaited", silent);
      const late = await stack.run("wait", "--timeout", "1");
      assertEquals(late.code, 1);
      assertStringIncludes(
        late.stderr,
        "Timed out after 1 s waiting for never (it does not poll task queue `orders`), api",
      );
      assertEquals((await stack.run("stop", "never")).code, 0);
      const { code, stderr } = await first;
      assertEquals([code, stderr.split("\n")[0]], [1, "error: never was stopped before it was ready"]);
      const stopped = await stack.now();
      assertEquals([statesIn(stopped)["never"], processIn(stopped, "api").detail], ["stopped", "waiting for never"]);

      const second = stack.run("start", "--json");
      const again = await stack.untilProcess("never", "is awaited again", silent);
      await stack.stopCleanly(pid, again.pid);
      const last = await second;
      const { error } = JSON.parse(last.stdout);
      assertEquals([last.code, error.code, error.message], [1, "interrupted", "Start interrupted by a `stop`"]);
      assertEquals((await stack.run("status")).code, 3);
    }));

  it(`of ${MANY} comes within one stop`, () =>
    withStack(
      Array.from({ length: MANY }, (_, at) =>
        `  p${at}: { command: [sleep, "300"]${at === MANY - 1 ? ", depends_on: [p0]" : ""} }`),
      async (stack) => {
        const started = await stack.statusOf("start");
        assertEquals(
          started.processes!.filter(({ ready }) =>
            ready
          ).length,
          MANY,
        );
        assertEquals(new Set(allPids(started)).size, MANY + 1);
        const victim = processIn(started, "p7").pid!;
        process.kill(victim, "SIGKILL");
        await stack.untilProcess("p7", "is back", ({ ready, pid }) => ready && pid !== victim);
        const { stdout } = await stack.run("status");
        assertEquals(stdout.match(/✓ p\d+ +running/g)?.length, MANY, stdout);
        await stack.stopCleanly(...allPids(started));
      },
    ));
});

describe("what a process beside Temporal writes", () => {
  it("is in a log of its own, which is rotated, whatever it is; events and metrics name it", () =>
    withStack([], async (stack) => {
      stack.declare(
        "  loud: { command: 'echo first; head -c 3000000 /dev/zero | tr \"\\0\" x; echo; echo last; exec sleep 300' }",
        "  binary: { command: 'printf \"\\000\\377\\033[2Jend\\n\"; exec sleep 300' }",
        "  crash: { command: 'while ! [ -e broken ]; do sleep 0.1; done; exit 3' }",
        "log: { max_size: 1MB }",
        "restart: { max: 1 }",
      );
      const started = await stack.statusOf("start");
      const { log } = processIn(started, "loud");
      assertEquals(log, `${stack.paths.logsDir}/loud.log`);
      stack.write("broken");
      await until("its log is rotated", () => !readFileSync(log, "utf8").includes("first"));
      await stack.untilProcess("crash", "has failed", ({ state }) => state === "failed");
      const seen = eventsOf(stack).filter((each) => each.process === "crash").map(({ event }) => event);
      assertEquals(seen.filter((event) => event === "exited").length, 2);
      assertEquals(seen.at(-1), "failed");
      assertEquals(readFileSync(`${stack.paths.logsDir}/binary.log`, "latin1"), "\0\xff\x1b[2Jend\n");

      const metrics = await stack.metrics();
      for (const figure of ['up{process="loud"} 1', 'up{process="crash"} 0', 'restarts_total{process="crash"} 1']) {
        assertStringIncludes(metrics, `\nstigmer_local_process_${figure}\n`);
      }
      await stack.stopCleanly(...["loud", "binary"].map((name) => processIn(started, name).pid));
      assertNothingLeft(stack);
    }));
});
