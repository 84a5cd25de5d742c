import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { onPseudoTerminal } from "../portable.ts";
import { type Ended, launch, ownTool, type TestInstance, withInstance } from "./support.ts";
import { shellLine } from "./support_callers.ts";

/** Runs the tool with exactly these arguments. */
function run(args: readonly string[], env: Record<string, string | undefined> = {}): Promise<Ended> {
  return launch(ownTool(...args), { env }).ended;
}

/** Runs a pipeline of `sh` in which `$tool` is the tool. */
function runShell(script: string, env: Record<string, string | undefined> = {}): Promise<Ended> {
  return launch(["sh", "-c", script.replaceAll("$tool", shellLine(ownTool()))], { env }).ended;
}

describe("a mistyped command", () => {
  /** More of them: tests/cli/invocation.test.ts. */
  const WRONG: [args: string[], error: RegExp, hint: RegExp][] = [
    [["strat"], /^error: Unknown command `strat`$/m, /^hint: Did you mean `stigmer-local start`\?$/m],
    [["up"], /^error: Unknown command `up`$/m, /^hint: Did you mean `stigmer-local start`\?$/m],
    [
      ["start", "--log-format=json"],
      /^error: Unknown flag `--log-format` for `start`: it is a flag of Temporal$/m,
      /^hint: Pass it after `--`: `stigmer-local start -- --log-format …`$/m,
    ],
    [["stop", "now"], /^error: There is no process `now`$/m, /^hint: No project file declares one/m],
    [["logs", "--since", "yesterday"], /^error: Invalid value `yesterday` for --since: expected a duration /m, /^/],
  ];

  it("exits 2, suggests the right one, and changes nothing", () =>
    withInstance(async (instance) => {
      const home = join(instance.home, "new");
      const env = { STIGMER_HOME: home };
      const results = await Promise.all(WRONG.map(([args]) => run(args, env)));
      for (const [index, [args, error, hint]] of WRONG.entries()) {
        const { code, stdout, stderr } = results[index]!;
        assertEquals([code, stdout], [2, ""], args.join(" "));
        assertMatch(stderr, error);
        assertMatch(stderr, hint);
      }
      assert(!existsSync(home), "a home was made");
    }));

  it("is reported as JSON on stdout only, with --json", async () => {
    const { code, stdout, stderr } = await run(["start", "--prot", "7300", "--json"]);
    assertEquals([code, stderr], [2, ""]);
    const { schema, error } = JSON.parse(stdout);
    assertEquals([schema, error.code, error.facts], [1, "usage", { flag: "--prot", suggestion: "port" }]);
    assertEquals([error.message, error.hint], ["Unknown flag `--prot` for `start`", "Did you mean `--port`?"]);
  });
});

describe("a home that does not exist", () => {
  it("has nothing running, and is not created by status or stop", () =>
    withInstance(async (instance) => {
      const home = join(instance.home, "new");
      const commands: [args: string[], code: number][] = [
        [["status"], 3],
        [["status", "--json"], 3],
        [["stop"], 0],
        [["logs"], 0],
        [["wait", "--timeout", "0.1"], 1],
        [["version"], 0],
        [["help"], 0],
      ];
      const results = await Promise.all(commands.map(([args]) => run([...args, "--home", home])));
      assertEquals(results.map(({ code }) => code), commands.map(([, code]) => code));
      assert(!existsSync(home), "a home was made");
    }));
});

describe("a running instance", () => {
  it("is reported in one JSON document, or not at all with --quiet", () =>
    withInstance(async (instance) => {
      const silent = { code: 0, signal: null, stdout: "", stderr: "" };
      assertEquals(await instance.run(["start", "--headless", "--quiet"]), silent);
      assertEquals(await instance.run(["status", "--quiet"]), silent);
      for (const command of ["start", "status", "restart", "wait", "stop"]) {
        const { code, stdout, stderr } = await instance.run([command, "--json"]);
        assertEquals([code, stderr, JSON.parse(stdout).schema], [0, "", 1], command);
      }
      assertEquals(await instance.run(["stop", "--quiet"]), silent);
      const failed = await instance.run(["wait", "--quiet", "--timeout", "0.1"]);
      assertEquals([failed.code, failed.stdout], [1, ""]);
      assertMatch(failed.stderr, /^error: /, "an error was kept silent");
    }));
});

describe("colour", () => {
  /** Runs `status` on a terminal. */
  const onTerminal = async ({ home }: TestInstance, env: Record<string, string | undefined>) => {
    const { stdout } = await launch(onPseudoTerminal(shellLine(ownTool("status", "--home", home))), { env }).ended;
    assertMatch(stdout, /Temporal is stopped/);
    return stdout.includes("\x1b[1m");
  };

  it("is for terminals, unless NO_COLOR is set", () =>
    withInstance(async (instance) => {
      assertEquals(await onTerminal(instance, { NO_COLOR: undefined, TERM: "xterm" }), true);
      assertEquals(await onTerminal(instance, { NO_COLOR: "1", TERM: "xterm" }), false);
      assertEquals(await onTerminal(instance, { NO_COLOR: undefined, TERM: "dumb" }), false);
      const piped = await run(["status", "--home", instance.home], { NO_COLOR: undefined, TERM: "xterm" });
      assert(!piped.stdout.includes("\x1b"), "escape sequences in a pipe");
    }));
});

describe("output through a pipe", () => {
  const LINE = `${"x".repeat(99)}\n`;
  const LINES = 30_001;

  it("is complete for a slow reader, and a reader that exits early is no error", () =>
    withInstance(async (instance) => {
      mkdirSync(instance.paths.logsDir, { mode: 0o700 });
      writeFileSync(instance.paths.temporalLog, LINE.repeat(LINES));
      const logs = `$tool logs --home '${instance.home}' --lines 1000000`;
      const slow = await runShell(`{ ${logs}; echo "exit $?" >&2; } | { sleep 1; wc -c; }`);
      assertEquals([slow.stdout.trim(), slow.stderr], [`${LINE.length * LINES}`, "exit 0\n"]);
      const early = await runShell(`{ ${logs}; echo "exit $?" >&2; } | head -n 1`);
      assertEquals([early.stdout, early.stderr], [LINE, "exit 0\n"]);
    }));
});

describe("the stack of an error", () => {
  it("is shown with --verbose only", () =>
    withInstance(async (instance) => {
      const args = ["wait", "--timeout", "0.1", "--home", instance.home];
      const [plain, verbose, debug] = await Promise.all([
        run(args),
        run([...args, "--verbose"]),
        run(args, { STIGMER_LOG_LEVEL: "debug" }),
      ]);
      assert(!/^ +at /m.test(plain!.stderr), plain!.stderr);
      for (const { stderr } of [verbose!, debug!]) assertMatch(stderr, /^ +at .*wait\.ts/m);
    }));
});
