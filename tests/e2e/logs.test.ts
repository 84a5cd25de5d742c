import { appendFileSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { DEFAULT_LOG_POLICY, rotatedName } from "../../lib/logs/retention.ts";
import { rotatedLogs } from "../../lib/logs/rotate_log.ts";
import { needsLinux, onPseudoTerminal } from "../portable.ts";
import { launch, otherRuntime, ownRuntime, ownTool, type TestInstance, until, withInstance } from "./support.ts";
import { descriptorsOf, shellLine } from "./support_callers.ts";
import { killHard, makeNamespace, pidsOf } from "./support_lifecycle.ts";

/** Makes Temporal log a line with `name`: at `--log-level info` it logs each new namespace. */
async function say(instance: TestInstance, name: string): Promise<void> {
  await makeNamespace(instance, name);
  await until(`the log names ${name}`, () => readFileSync(instance.paths.temporalLog, "utf8").includes(name));
}

const linesWith = (text: string, word: string): string[] => text.split("\n").filter((line) => line.includes(word));

describe("Temporal's log", () => {
  it(
    "is written by Temporal itself, for append, and outlives the supervisor",
    { skip: needsLinux("what a process has open is read from /proc") },
    () =>
      withInstance(async (instance) => {
        const { temporalLog } = instance.paths;
        const { temporal, supervisor } = pidsOf(await instance.start(["--headless", "--log-level", "info"]));
        for (const fd of [1, 2]) {
          assertEquals(readlinkSync(`/proc/${temporal}/fd/${fd}`), temporalLog);
          const flags = parseInt(
            /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/${temporal}/fdinfo/${fd}`, "utf8"))![1]!,
            8,
          );
          assert((flags & 0o2000) !== 0, `descriptor ${fd} is not open for append: ${flags.toString(8)}`);
        }
        assertEquals(statSync(temporalLog).mode & 0o777, 0o600);
        await killHard(supervisor);
        await say(instance, "unsupervised-namespace");
      }),
  );

  it("is followed until its reader has exited, though nothing is written", () =>
    withInstance(async (instance) => {
      const { logsDir, temporalLog, home } = instance.paths;
      mkdirSync(logsDir, { mode: 0o700 });
      writeFileSync(temporalLog, "time=2026-11-29T18:56:32.026 level=ERROR msg=first\ntime=x\n");
      const follow = ownTool("logs", "-f", "--home", home);
      for (const reader of ["grep -m1 first", "head -n 1"]) {
        const { code, stdout, stderr } = await launch(["sh", "-c", `"$@" | ${reader}`, "sh", ...follow]).ended;
        assertEquals([code, stdout, stderr], [0, "time=2026-11-29T18:56:32.026 level=ERROR msg=first\n", ""]);
      }
    }));

  it("is printed as one JSON document per line with --json, also when it is followed", () =>
    withInstance(async (instance) => {
      const { logsDir, temporalLog } = instance.paths;
      mkdirSync(logsDir, { mode: 0o700 });
      writeFileSync(temporalLog, 'time=2026-11-29T18:56:32.026 level=WARN msg="a b" n=1\n\tstack\n');
      const documents = [
        { source: "temporal", time: "2026-11-29T18:56:32.026Z", level: "warn", message: "a b", fields: { n: "1" } },
        { source: "temporal", time: null, level: null, message: "\tstack", fields: {} },
      ];
      const read = (text: string) => text.trimEnd().split("\n").map((line) => JSON.parse(line));
      assertEquals(read((await instance.run(["logs", "--json"])).stdout), documents);
      const following = instance.launch(["logs", "-f", "--json"]);
      await until("the log is shown", () => following.stdout().split("\n").length > 2);
      appendFileSync(temporalLog, "later\n");
      await until("the new line is shown", () => following.stdout().includes("later"));
      following.kill("SIGTERM");
      assertEquals(read((await following.ended).stdout), [...documents, { ...documents[1], message: "later" }]);
    }));

  it("can be followed across its rotation by size and at a start", {
    skip: needsLinux("what a process has open is read from /proc"),
  }, () =>
    withInstance(async (instance) => {
      const { paths } = instance;
      const quietPast = rotatedName("temporal.log", Date.now() - DEFAULT_LOG_POLICY.logMaxAgeS * 1000 - 1000);
      mkdirSync(paths.logsDir, { mode: 0o700 });
      writeFileSync(join(paths.logsDir, quietPast), "from last week\n");
      await instance.start(["--headless", "--log-level", "info"]);
      assert(!readdirSync(paths.logsDir).includes(quietPast), "a log older than 7 days is kept");
      const followers = [ownRuntime, otherRuntime].map((runtime) =>
        instance.launch(["logs", "-f", "-n", "0"], { runtime })
      );
      for (const { pid } of followers) {
        await until("the log is followed", () => Object.values(descriptorsOf(pid)).includes(paths.temporalLog));
      }

      await say(instance, "before-any-rotation");
      const size = DEFAULT_LOG_POLICY.logMaxSizeBytes;
      appendFileSync(paths.temporalLog, `${"x".repeat(size)}\n`);
      const copied = await until("the log is rotated by its size", () => rotatedLogs(paths.temporalLog)[0]);
      await until("it is truncated", () => statSync(paths.temporalLog).size < size);
      assert(statSync(copied).size > size);
      await say(instance, "after-copy-and-truncate");
      assert(statSync(paths.temporalLog).size < size, "Temporal went on at the old offset");

      assertEquals((await instance.run(["restart"])).code, 0);
      assertEquals(rotatedLogs(paths.temporalLog).length, 2);
      await say(instance, "after-a-start");
      const second = pidsOf(await instance.status());
      await killHard(second.supervisor);
      const adopted = await instance.start();
      assertEquals(adopted.temporal?.pid, second.temporal);
      assertEquals(rotatedLogs(paths.temporalLog).length, 2, "an adoption rotated the log under its writer");
      await say(instance, "after-an-adoption");

      for (const follower of followers) {
        const isThere = (line: string) => line.includes("after-an-adoption");
        await until("the follower has begun", () => linesWith(follower.stdout(), "Register namespace").some(isThere));
        follower.kill("SIGINT");
        const { code, stdout, stderr } = await follower.ended;
        assertEquals([code, stderr], [0, ""]);
        const moments = ["before-any-rotation", "after-copy-and-truncate", "after-a-start", "after-an-adoption"];
        const told = linesWith(stdout, "Register namespace").map((line) =>
          moments.find((moment) => line.includes(moment)) ?? line
        );
        assertEquals(told, moments);
      }
      const everything = await instance.run(["logs", "-n", "1000000"]);
      for (const moment of ["before-any-rotation", "after-copy-and-truncate", "after-a-start"]) {
        assert(linesWith(everything.stdout, moment).length > 0, `${moment} is not told any more`);
      }
    }));
});

describe("logs", () => {
  const line = (at: number, level: string, text: string) =>
    `time=${new Date(at).toISOString()} level=${level} msg="${text}"`;

  /** An instance that ran an hour ago, and runs again. */
  const withPast = (body: (instance: TestInstance) => Promise<void>) =>
    withInstance(async (instance) => {
      const { logsDir, temporalLog, supervisorLog } = instance.paths;
      const now = Date.now();
      mkdirSync(logsDir, { mode: 0o700 });
      const old = ["INFO", "WARN", "ERROR"].map((level, index) => line(now - 3_600_000 + index, level, `old ${index}`));
      writeFileSync(join(logsDir, rotatedName("temporal.log", now - 1_800_000)), `${old.join("\n")}\n`);
      writeFileSync(temporalLog, `${line(now - 1000, "DEBUG", "new 0")}\n${line(now, "INFO", "new 1")}\n`);
      writeFileSync(supervisorLog, `{"at":"${new Date(now).toISOString()}","event":"running"}\n`);
      await body(instance);
    });

  const told = async (instance: TestInstance, ...args: string[]): Promise<string[]> => {
    const { code, stdout, stderr } = await instance.run(["logs", ...args]);
    assertEquals([code, stderr], [0, ""]);
    return [...stdout.matchAll(/msg="([^"]*)"/g)].map((match) => match[1]!);
  };

  it("shows the last lines, or those since a time, from rotated files too", () =>
    withPast(async (instance) => {
      assertEquals(await told(instance), ["old 0", "old 1", "old 2", "new 0", "new 1"]);
      assertEquals(await told(instance, "-n", "3"), ["old 2", "new 0", "new 1"]);
      assertEquals(await told(instance, "--lines", "0"), []);
      assertEquals(await told(instance, "--since", "30m"), ["new 0", "new 1"]);
      assertEquals(await told(instance, "--since", "2h", "-n", "4"), ["old 1", "old 2", "new 0", "new 1"]);
    }));

  it("shows the supervisor's log with --supervisor", () =>
    withPast(async (instance) => {
      const { code, stdout } = await instance.run(["logs", "--supervisor"]);
      assertEquals([code, JSON.parse(stdout).event], [0, "running"]);
    }));

  it("says that there is no log yet", () =>
    withInstance(async (instance) => {
      const { code, stdout, stderr } = await instance.run(["logs"]);
      assertEquals([code, stdout], [0, ""]);
      assertMatch(stderr, /^No log yet at .*\n$/);
    }));

  it("colours the levels on a terminal", () =>
    withPast(async ({ home }) => {
      const env = { NO_COLOR: undefined, TERM: "xterm" };
      const { stdout } = await launch(onPseudoTerminal(shellLine(ownTool("logs", "--home", home))), { env }).ended;
      const coloured = (word: string) => stdout.split(/\r?\n/).find((each) => each.includes(word));
      for (const [word, code] of [["old 2", 31], ["old 1", 33], ["new 0", 2]] as const) {
        assert(coloured(word)?.startsWith(`\x1b[${code}m`), `${word}: ${JSON.stringify(coloured(word))}`);
      }
      assert(!coloured("new 1")!.includes("\x1b"), "an ordinary line is coloured");
    }));
});
