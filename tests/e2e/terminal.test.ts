import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { onPseudoTerminal } from "../portable.ts";
import { assertNothingLeft, launch, ownTool, type Running, type TestInstance, until, withInstance } from "./support.ts";
import { shellLine } from "./support_callers.ts";
import { patientTemporal } from "./support_lifecycle.ts";
import { type Terminal, type TerminalEnd, withTerminal } from "./support_terminal.ts";

/** Runs the tool on a pseudo-terminal with this many columns, which merges stdout and stderr. */
function onTerminal(args: readonly string[], columns: number, env: Record<string, string | undefined> = {}): Running {
  return launch(onPseudoTerminal(`stty cols ${columns}; exec ${shellLine(ownTool(...args))}`), {
    env: { NO_COLOR: undefined, TERM: "xterm", ...env },
  });
}

function startArgs({ home, ports }: TestInstance, ...more: string[]): string[] {
  return ["start", "--home", home, ...ports, ...more];
}

/** The final screen without colours: each line as it was drawn last. */
function screen(output: string): string[] {
  return output.split(/\r?\n/).map((line) => {
    const [first, ...sequences] = line.slice(line.lastIndexOf("\r") + 1).split("\x1b[");
    return [first, ...sequences.map((rest) => rest.replace(/^[\d;]*[a-zA-Z]/, ""))].join("");
  });
}

describe("start on a terminal", () => {
  it("shows one live line on 80 and on 200 columns, then the summary", () =>
    withInstance(async (instance) => {
      const { binary, letGo } = patientTemporal(instance);
      const onColumns = (columns: number) =>
        onTerminal(startArgs(instance, "--headless", "--temporal-bin", binary), columns);
      const start = onColumns(80);
      await until(
        "the line says what it waits for",
        () => start.stdout().includes("Waiting for Temporal to become ready"),
      );
      const second = onColumns(200);
      await until("who finds it starting sees so too", () => second.stdout().includes("Waiting for"));
      letGo();
      for (const [columns, { ended }] of [[80, start], [200, second]] as const) {
        const { code, stdout } = await ended;
        assertEquals(code, 0, stdout);
        const frames = stdout.split("\r\x1b[K");
        for (const frame of frames.slice(1, -1)) assert([...frame].length < columns, "a line that wraps");
        const [headline, address, ...rest] = screen(stdout);
        assertMatch(headline!, /^● Temporal is (already )?running/);
        assertMatch(address!, new RegExp(`^  Address +127\\.0\\.0\\.1:${instance.port}$`));
        assertEquals(rest.filter((line) => line.includes("Waiting")), [], "the live line is left");
      }
    }));

  it("draws nothing if there is nothing to wait for, with --quiet, or on a dumb terminal", () =>
    withInstance(async (instance) => {
      const args = startArgs(instance, "--headless");
      const quiet = await onTerminal([...args, "--quiet"], 80).ended;
      assertEquals([quiet.code, quiet.stdout], [0, ""]);
      const dumb = await onTerminal(["restart", "--home", instance.home], 80, { TERM: "dumb" }).ended;
      assert(!dumb.stdout.includes("\x1b"), JSON.stringify(dumb.stdout));
      const restarted = await onTerminal(["restart", "--home", instance.home], 80).ended;
      assertStringIncludes(restarted.stdout, "Stopping the running Temporal");
      assertMatch(screen(restarted.stdout)[0]!, /^● Temporal is running$/);
    }));
});

describe("start --foreground on a terminal", () => {
  /** `start --foreground` on a terminal whose keyboard the test has. */
  async function inForeground(
    instance: TestInstance,
    more: { args?: string[]; env?: Record<string, string> },
    body: (terminal: Terminal) => Promise<void>,
  ): Promise<TerminalEnd> {
    const words = ownTool(...startArgs(instance, "--foreground", "--headless", ...more.args ?? []));
    const options = { columns: 200, ...(more.env === undefined ? {} : { env: more.env }) };
    return await withTerminal(`exec ${shellLine(words)}`, options, body);
  }

  it("shows the card, then all logs and what the supervisor does, and stops gracefully at Ctrl-C", () =>
    withInstance(async (instance) => {
      const { logsDir, supervisorLog } = instance.paths;
      const append = (name: string, text: string) => appendFileSync(join(logsDir, `${name}.log`), text);
      mkdirSync(logsDir, { mode: 0o700 });
      append("old", "from an earlier run\n");
      const { code, shown } = await inForeground(instance, { args: ["--log-level", "info"] }, async (terminal) => {
        await until("the card", () => terminal.shown().includes("Press Ctrl-C to stop Temporal"));
        append("old", "went on\n");
        append("worker", "polling orders\n");
        await until("both logs", () => /went on[^]*polling orders/.test(terminal.shown()));
        const { temporal, supervisor } = await instance.status();
        process.kill(temporal!.pid, "SIGKILL");
        await until("it tells of the restart", () => terminal.shown().split("Press Ctrl-C")[1]!.includes("is ready"));
        assertEquals((await instance.status()).supervisor?.pid, supervisor?.pid);
        append("worker", "last words\n");
        terminal.press("\x03");
        await until("it stopped", () => terminal.shown().includes("Temporal stopped"));
      });
      assertEquals(code, 0, shown);
      const lines = screen(shown.replace("^C", "")); // the terminal's echo
      assertMatch(lines[0]!, /^● Temporal is running$/);
      const events = lines.filter((line) => line.startsWith("supervisor |")).map((line) => line.slice(22));
      assertMatch(
        events.join("\n"),
        /^(Health check failed: .+\n)?Temporal \(pid \d+\) crashed \(SIGKILL\)\nRestarting Temporal \(restart 1\)\nLaunched Temporal \(pid \d+\)\nTemporal is ready\n(.+\n)*?Stopping Temporal gracefully\nTemporal stopped$/,
        shown,
      );
      assert(lines.some((line) => /^temporal {3}\| time=\S+ level=INFO /.test(line)), shown);
      assertStringIncludes(shown, "\x1b[31mTemporal (pid");
      const processes = lines.filter((line) => /^(old|worker) /.test(line));
      assertEquals(
        processes,
        ["old        | went on", "worker     | polling orders", "worker     | last words"],
        shown,
      );
      const colours = shown.split("\x1b[").flatMap((text) => /^(\d+)mworker {5}\|$/.exec(text)?.[1] ?? []);
      assertEquals(new Set(colours).size, 1, shown);
      assertMatch(readFileSync(supervisorLog, "utf8"), /"event":"stopped"/, "the log is kept too");
      assertNothingLeft(instance, []);
    }));

  it("writes no colours with NO_COLOR", () =>
    withInstance(async (instance) => {
      const { code, shown } = await inForeground(instance, { env: { NO_COLOR: "1" } }, async (terminal) => {
        await until("the card", () => terminal.shown().includes("Press Ctrl-C to stop Temporal"));
        terminal.press("\x03");
        await until("it stopped", () => terminal.shown().includes("Temporal stopped"));
      });
      assertEquals(code, 0, shown);
      assert(!shown.split("\x1b[").some((text) => /^[\d;]*m/.test(text)), shown);
    }));

  it("writes the supervisor's JSON lines with --json, and the error of a failed start without", () =>
    withInstance(async (instance) => {
      const { code, shown } = await inForeground(instance, { args: ["--json"] }, async (terminal) => {
        await until("it runs", () => terminal.shown().includes('"event":"running"'));
        terminal.press("\x03");
      });
      assertEquals(code, 0, shown);
      const events = shown.replace("^C", "").trim().split(/\r?\n/).map((line) => JSON.parse(line).event);
      assertEquals([events[0], events.includes("stopped")], ["starting", true]);

      const failed = await inForeground(instance, { args: ["--", "--no-such-flag"] }, () => Promise.resolve());
      assertEquals(failed.code, 1);
      assertMatch(screen(failed.shown).join("\n"), /\nerror: .*\n(?: {2}\| .*\n)*hint: /);
    }));
});

describe("an error on a terminal", () => {
  it("is coloured, and says what to do", async () => {
    const { code, stdout } = await onTerminal(["start", "--prot", "7233"], 80).ended;
    assertEquals(code, 2);
    assertStringIncludes(stdout, "\x1b[31merror:\x1b[39m Unknown flag `--prot` for `start`");
    assertMatch(screen(stdout)[1]!, /^hint: Did you mean `--port`\?$/);
  });
});

describe("80 columns", () => {
  it("break no word of an error, its hint, a prompt or the settings", () =>
    withInstance(async (instance) => {
      const { home } = instance;
      const wide = await launch(ownTool("config", "--home", home)).ended;
      const words = (text: string) => text.split(/\s+/).filter((word) => word !== "");
      for (
        const args of [
          ["start", "--home", home, "--port", "7300", "--ui-port", "7300", "--quiet"],
          ["start", "--home", home, "--address", "127.0.0.1:1"],
          ["config", "--home", home],
          ["status", "--home", home, "--address", "127.0.0.1:1"],
        ]
      ) {
        const { stdout } = await onTerminal(args, 80).ended;
        // Only a single word, or a command in backticks, may be longer than a line.
        const long = screen(stdout).filter((line) => line.length > 80 && !/^ *(?:[^\s`]*`[^`]*`\S*|\S+)$/.test(line));
        assertEquals(long, [], args.join(" "));
        if (args[0] === "config") assertEquals(words(screen(stdout).join("\n")), words(wide.stdout));
      }
    }));
});

describe("the Web UI", () => {
  it("is named at the end of a start on a terminal, once, and opened by `ui` on a terminal alone", () =>
    withInstance(async (instance) => {
      const home = `--home '${instance.home}'`;
      const none = await instance.run(["ui"]);
      assertEquals([none.code, none.stdout], [1, ""]);
      assertMatch(none.stderr, /^error: Temporal is stopped: .*\nhint: `stigmer-local start --home/);

      const first = screen((await onTerminal(startArgs(instance), 200).ended).stdout);
      const next = `  Next       \`eval "$(stigmer-local env ${home})"\` connects this shell, ` +
        `\`stigmer-local ui ${home}\` opens the Web UI`;
      assertEquals(first.filter((line) => line.startsWith("  Next")), [next]);
      const again = await onTerminal(startArgs(instance), 200).ended;
      assert(!again.stdout.includes("Next"), "a second time");
      await assertOpensBrowser(instance);

      await instance.stop();
      const fish = await onTerminal(startArgs(instance, "--headless"), 200, { SHELL: "/usr/bin/fish" }).ended;
      assertStringIncludes(fish.stdout, `  \`stigmer-local env ${home} | source\` connects this shell\r\n`);
      const headless = await instance.run(["ui"]);
      assertEquals(headless.code, 1);
      assertMatch(headless.stderr, /has no Web UI.*--headless/);
    }));
});

/** Proves that `ui` prints the Web UI's address, and opens it in the browser only on a terminal. */
async function assertOpensBrowser(instance: TestInstance): Promise<void> {
  const { home, uiPort } = instance;
  const url = `http://127.0.0.1:${uiPort}`;
  const browser = join(home, "browser");
  const env = { BROWSER: browser };
  writeFileSync(browser, `#!/bin/sh\necho "$1" >>"${home}/opened"\n`, { mode: 0o755 });
  assertEquals((await instance.run(["ui"], { env })).stdout, `${url}\n`);
  assertEquals((await onTerminal(["ui", "--home", home, "--print"], 80, env).ended).stdout, `${url}\r\n`);
  assert(!existsSync(join(home, "opened")), "the browser was opened without a terminal, or against a flag");
  assertEquals((await onTerminal(["ui", "--home", home], 80, env).ended).stdout, `${url}\r\n`);
  const opened = () => existsSync(join(home, "opened")) && readFileSync(join(home, "opened"), "utf8");
  await until("it is opened", () => opened() === `${url}\n`);
  const broken = await onTerminal(["ui", "--home", home], 80, { BROWSER: "/no/such/browser" }).ended;
  assertEquals(broken.code, 0);
  assertMatch(broken.stdout, /^http.*\r\nwarning: could not open a browser: /);
}
