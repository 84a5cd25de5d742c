import { appendFileSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DEFAULT_LOG_POLICY } from "../../lib/logs/retention.ts";
import { rotateLog } from "../../lib/logs/rotate_log.ts";
import { noteGrowth, readNotes } from "../../lib/logs/time_index.ts";
import { onPseudoTerminal } from "../portable.ts";
import {
  launch,
  otherRuntime,
  ownRuntime,
  ownTool,
  type Running,
  type TestInstance,
  until,
  withInstance,
} from "./support.ts";
import { descriptorsOf, shellLine } from "./support_callers.ts";
import { makeNamespace } from "./support_lifecycle.ts";
import { withProjects } from "./support_projects.ts";

/** An instance with the logs of Temporal and of two processes from three seconds of ten minutes ago, and one without an index. */
function withLogs(body: (instance: TestInstance, atMs: number) => Promise<void>): Promise<void> {
  return withInstance(async (instance) => {
    const { logsDir, temporalLog, supervisorLog } = instance.paths;
    const atMs = Date.now() - 600_000;
    const timed = (ms: number, text: string) => `time=${new Date(atMs + ms).toISOString()} level=WARN msg=${text}\n`;
    mkdirSync(logsDir, { mode: 0o700 });
    writeFileSync(temporalLog, timed(500, "t1") + "\ttrace\n" + timed(1500, "t2"));
    writeFileSync(supervisorLog, `{"at":"${new Date(atMs).toISOString()}","event":"running"}\n`);
    for (const second of [1, 2, 3]) {
      for (const name of ["api", "orders-worker"]) {
        const path = join(logsDir, `${name}.log`);
        appendFileSync(path, `${name} ${second}\n`);
        noteGrowth(path, atMs + second * 1000);
      }
    }
    writeFileSync(join(logsDir, "late.log"), "late 1\n");
    await body(instance, atMs);
  });
}

async function shown(instance: TestInstance, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await instance.run(["logs", ...args]);
  assertEquals([code, stderr], [0, ""]);
  return stdout.replaceAll(/time=\S+ level=WARN msg=/g, "");
}

describe("logs of processes", () => {
  it("are shown behind their names with Temporal's, in the order of time", () =>
    withLogs(async (instance, atMs) => {
      const all = [
        "temporal      | t1",
        "temporal      | \ttrace",
        "api           | api 1",
        "orders-worker | orders-worker 1",
        "temporal      | t2",
        "api           | api 2",
        "orders-worker | orders-worker 2",
        "orders-worker | orders-worker 3",
        "api           | api 3",
        "late          | late 1",
        "",
      ];
      // Of the same second, a log goes on that came last.
      const lines = (await shown(instance)).split("\n");
      assertEquals(lines.toSorted(), all.toSorted());
      const order = (text: string) => lines.findIndex((line) => line.endsWith(text));
      for (const [before, after] of [["trace", "api 1"], ["worker 1", "t2"], ["t2", "api 2"], ["api 3", "late 1"]]) {
        assert(order(before!) < order(after!), `${before}, ${after}: ${lines.join("\n")}`);
      }
      assertEquals(await shown(instance, "-n", "1"), "late          | late 1\n");
      assertEquals(await shown(instance, "--since", "5m"), "late          | late 1\n");
      const since = (await shown(instance, "--since", new Date(atMs + 1600).toISOString())).trim().split("\n");
      assertEquals(since.map((line) => line.split("| ")[1]).toSorted(), [
        "api 2",
        "api 3",
        "late 1",
        "orders-worker 2",
        "orders-worker 3",
      ]);
    }));

  it("are shown by name, a single one as it is", () =>
    withLogs(async (instance) => {
      assertEquals(await shown(instance, "api"), "api 1\napi 2\napi 3\n");
      assertEquals(await shown(instance, "api", "api", "-n", "1"), "api 3\n");
      assertEquals(await shown(instance, "temporal"), "t1\n\ttrace\nt2\n");
      assertEquals(
        await shown(instance, "late", "api", "-n", "3"),
        "api        | api 2\napi        | api 3\nlate       | late 1\n",
      );
    }));

  it("have documents with their source and their time", () =>
    withLogs(async (instance, atMs) => {
      const documents = (await shown(instance, "--json")).trim().split("\n").map((line) => JSON.parse(line));
      assertEquals(documents.length, 10);
      const time = new Date(atMs + 2000).toISOString();
      const [second] = documents.filter(({ message }) => message === "api 2");
      assertEquals(second, { source: "api", time, level: null, message: "api 2", fields: {} });
      const [trace] = documents.filter(({ message }) => message === "\ttrace");
      assertEquals([trace.source, trace.time], ["temporal", null]);
    }));

  it("that do not exist are a usage error with the names that do", () =>
    withLogs(async (instance) => {
      symlinkSync("api.log", join(instance.paths.logsDir, "link.log"));
      const names = "this instance has those of temporal, api, late, orders-worker";
      for (
        const [args, message, hint] of [
          [["order-worker"], `No log of \`order-worker\`: ${names}`, "stigmer-local logs .*orders-worker"],
          [["link", "-f"], `No log of \`link\`: ${names}`, "stigmer-local logs .*shows all"],
          [["supervisor"], `No log of \`supervisor\`: ${names}`, "stigmer-local logs .*--supervisor"],
          [["../logs/api"], "Unexpected argument `../logs/api` for `logs`", ""],
          [["--supervisor", "api"], "`--supervisor` shows one log, and takes no names", ""],
        ] as const
      ) {
        const { code, stdout, stderr } = await instance.run(["logs", ...args]);
        assertEquals([code, stdout], [2, ""], stderr);
        assertStringIncludes(stderr, `error: ${message}\n`);
        assertMatch(stderr, new RegExp(`\nhint: .*${hint}`));
      }
    }));

  it("are completed by name", () =>
    withLogs(async ({ home }) => {
      const words = ["__complete", "--home", home, "logs", "-f"];
      const names = { "": ["temporal", "api", "late", "orders-worker"], ord: ["orders-worker"] };
      for (const [word, expected] of Object.entries(names)) {
        const { stdout } = await launch(ownTool(...words, word)).ended;
        assertEquals(stdout.trim().split("\n").map((line) => line.split("\t")[0]), expected);
      }
    }));

  it("have a colour for each name on a terminal", () =>
    withLogs(async ({ home }) => {
      const env = { NO_COLOR: undefined, TERM: "xterm" };
      const { stdout } = await launch(onPseudoTerminal(shellLine(ownTool("logs", "--home", home))), { env }).ended;
      // deno-lint-ignore no-control-regex -- what it looks for
      const colours = [...stdout.matchAll(/^\x1b\[(\d+)m([\w-]+) +\|\x1b\[39m /gm)].map((match) => match.slice(1));
      assertEquals(new Set(colours.map(([code]) => code)).size, 4, stdout);
      assertEquals(new Set(colours.map(([code, name]) => `${code} ${name}`)).size, 4);
    }));

  it("may be huge and binary", () =>
    withInstance(async (instance) => {
      const { logsDir } = instance.paths;
      mkdirSync(logsDir, { mode: 0o700 });
      const path = join(logsDir, "api.log");
      writeFileSync(path, "");
      truncateSync(path, 2 ** 30);
      appendFileSync(path, "\nlast\n");
      assertEquals(await shown(instance, "api", "-n", "1"), "last\n");
      const { code, stdout } = await launch([
        "sh",
        "-c",
        '"$@" | head -c 10000000 | wc -c',
        "sh",
        ...ownTool(),
        "logs",
        "api",
        "--since",
        "1h",
        "--home",
        instance.home,
      ]).ended;
      assertEquals([code, stdout.trim()], [0, "10000000"]);
    }));

  it("are followed with Temporal's, across rotations, and from the beginning when they appear", () =>
    withInstance(async (instance) => {
      const { paths } = instance;
      await instance.start(["--headless", "--log-level", "info"]);
      const write = (name: string, text: string) => appendFileSync(join(paths.logsDir, `${name}.log`), text);
      const all = [ownRuntime, otherRuntime].map((runtime) => instance.launch(["logs", "-f", "-n", "0"], { runtime }));
      for (const { pid } of all) {
        await until("the log is followed", () => Object.values(descriptorsOf(pid)).includes(paths.temporalLog));
      }
      const eachShows = async (followers: readonly Running[], text: string) => {
        for (const follower of followers) await until(`it shows ${text}`, () => follower.stdout().includes(text));
      };
      await makeNamespace(instance, "before-any-process");
      await eachShows(all, "before-any-process");
      write("worker", "polls\nincom");
      await eachShows(all, "polls");
      const single = instance.launch(["logs", "-f", "worker"]);
      await eachShows([single], "incom");
      rotateLog(join(paths.logsDir, "worker.log"), "copy-truncate", DEFAULT_LOG_POLICY, Date.now());
      write("worker", "plete\n");
      await eachShows(all, "incomplete");
      rotateLog(join(paths.logsDir, "worker.log"), "rename", DEFAULT_LOG_POLICY, Date.now());
      write("worker", "again\n");
      await eachShows([...all, single], "again");
      await makeNamespace(instance, "after-the-rotations");
      await eachShows(all, "after-the-rotations");
      for (const follower of [...all, single]) follower.kill("SIGINT");
      for (const { ended } of all) {
        const { code, stdout, stderr } = await ended;
        assertEquals([code, stderr], [0, ""]);
        const lines = stdout.trim().split("\n");
        assertEquals(lines.filter((line) => line.startsWith("worker ")), [
          "worker     | polls",
          "worker     | incomplete",
          "worker     | again",
        ]);
        const [before] = lines.filter((line) => line.includes("before-any-process"));
        assertMatch(before!, /^time=/, "a name, though there was one log");
        const [after] = lines.filter((line) => line.includes("after-the-rotations"));
        assertMatch(after!, /^temporal {3}\| time=/);
      }
      assertEquals((await single.ended).stdout, "polls\nincom\nplete\nagain\n");
    }));
});

describe("logs of a project's processes", () => {
  it("are ordered, and selected by time, by when the supervisor saw them", () =>
    withProjects(["shop/.stigmer"], async ({ path, write, run, statusOf }) => {
      const first = "processes:\n  teller: { command: [sh, teller.sh] }";
      write("shop/stigmer-local.yaml", "port: auto", "headless: true", "log_level: info", ...first.split("\n"));
      write("shop/teller.sh", "echo first", "while ! [ -e go ]; do sleep 0.05; done", "echo second", "exec sleep 600");
      await statusOf("shop", "start");
      const log = join(path, "shop/.stigmer/logs/teller.log");
      await until("the first line is noted", () => readNotes(log).length > 0);
      const betweenMs = Date.now() + 1;
      await until("the next second", () => Date.now() > betweenMs + 1000);
      write("shop/go");
      await until("the second line is noted", () => readNotes(log).length > 1);
      const since = await run("shop", ["logs", "teller", "--since", new Date(betweenMs).toISOString()]);
      assertEquals([since.stdout, since.stderr], ["second\n", ""]);
      const { stdout } = await run("shop", ["logs"]);
      const lines = stdout.split("\n").filter((line) => line.startsWith("teller "));
      assertEquals(lines, ["teller     | first", "teller     | second"]);
      assertMatch(stdout, /^temporal {3}\| /m);
    }));
});
