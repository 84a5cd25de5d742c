import { execFileSync } from "node:child_process";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { askSupervisor } from "../../lib/control/client.ts";
import { currentHost } from "../../lib/platform/runtime/current_host.ts";
import { shellWord } from "../../lib/text/shell_word.ts";
import { processSettings } from "../stack/support.ts";
import { DEADLINE_MS, isAlive, ownTool, type TestInstance, until, withInstance } from "./support.ts";
import { shellLine } from "./support_callers.ts";
import { sharedInstance } from "./support_shared.ts";
import { picture, type Terminal, type TerminalEnd, uncoloured, withTerminal } from "./support_terminal.ts";

/** `status --watch` on a terminal, and afterwards whether the terminal is as it was before. */
async function watch(
  { home }: TestInstance,
  options: Parameters<typeof withTerminal>[1] & { redirect?: string },
  body: (terminal: Terminal & { lines: () => string[] }) => Promise<void>,
): Promise<TerminalEnd & { left: string }> {
  const words = shellLine(ownTool("status", "--watch", "--home", home));
  // The trap: Ctrl-C is for the tool, and dash would exit with it.
  const script = `
    trap : INT
    echo "terminal $(tty) end"; before=$(stty -g)
    sh -c ${shellWord(`echo "pid $$ end"; exec ${words} ${options.redirect ?? ""}`)}; code=$?
    [ "$before" = "$(stty -g)" ] && echo restored
    exit $code`;
  const ended = await withTerminal(
    script,
    options,
    (terminal) => body({ ...terminal, lines: () => picture(terminal.shown()) }),
  );
  const [, left = "it did not leave the alternate screen"] = ended.shown.split("\x1b[?7h\x1b[?25h\x1b[?1049l");
  return { ...ended, left: uncoloured(left) };
}

/** Lets the instance run a process beside Temporal. */
async function declare({ home }: TestInstance, name: string, command: string): Promise<void> {
  const settings = processSettings({ name, command, project: home, directory: home });
  const body = { asked: {}, binary: null, processes: [settings] };
  const answer = await askSupervisor(await currentHost(), home, "POST", "/start", { body, timeoutMs: DEADLINE_MS });
  assert(answer.kind === "answer" && answer.response.status === 200, JSON.stringify(answer));
}

const hasRow = (row: RegExp) => ({ lines }: { lines: () => string[] }) => lines().some((line) => row.test(line));

describe("status --watch of a running instance on a terminal", () => {
  const instance = sharedInstance("--headless");

  it("shows a table and keys: r restarts, l follows the log, q quits", async () => {
    const { temporal } = instance.started;
    const { code, shown, left } = await watch(instance, { env: { NO_COLOR: "" } }, async (terminal) => {
      await until("the table", () => hasRow(new RegExp(`^> temporal +running +${temporal!.pid} `))(terminal));
      const lines = terminal.lines();
      assertEquals(lines[0], "● Temporal is running, healthy");
      assertMatch(lines.join("\n"), /\n {2}NAME +STATE +PID +UP +RESTARTS +MEMORY +CPU\n/);
      await until("the processor time", () => hasRow(/^> temporal .* \d+ MB +\d+(\.\d)? %$/)(terminal));
      assertEquals([lines.length, lines.filter((line) => [...line].length > 80)], [24, []]);
      terminal.press("l");
      await until("the log", () => terminal.lines().at(-1)!.endsWith("any key returns"));
      await until("its lines", () => /^(Temporal )?CLI \d/.test(terminal.lines()[0]!)); // as 1.8 and 1.5 begin
      terminal.press("x");
      await until("the table again", () => hasRow(/^> temporal /)(terminal));
      terminal.press("s");
      await until("what stops it", () => hasRow(/^ {2}`stigmer-local stop --home .*` stops Temporal$/)(terminal));
      terminal.press("r");
      await until("it tells", () => hasRow(/^ {2}Restarted temporal$/)(terminal));
      await until("the new one", () => {
        const pid = terminal.lines().map((line) => /^> temporal +running +(\d+) /.exec(line)?.[1]).find(Boolean);
        return pid !== undefined && pid !== String(temporal!.pid);
      });
      terminal.press("q");
    });
    assertEquals(code, 0, shown);
    assertMatch(left, /^● .*\r\n( {2}.*\r\n)+\r\n {2}.*NAME .*\r\n {2}temporal +.*running.*\r\n[^]*restored\r\n$/);
    assert(uncoloured(shown) !== shown, "no colours");
    const now = await instance.status();
    assert(now.temporal !== null && now.temporal.pid !== temporal!.pid, "it was not restarted");
    assertEquals(now.restarts, 0, "that was no crash");
  });

  it("stops, starts and restarts the selected process, and follows its log; without colours with NO_COLOR", async () => {
    await declare(instance, "ticker", "while :; do echo tick $$; sleep 0.2; done");
    const { code, shown, left } = await watch(instance, { env: { NO_COLOR: "1" } }, async (terminal) => {
      const pidOf = () => terminal.lines().map((line) => /^> ticker +running +(\d+) /.exec(line)?.[1]).find(Boolean);
      await until("the process", () => hasRow(/^ {2}ticker +running +\d+ /)(terminal));
      terminal.press("\x1b[B");
      const first = await until("it is selected", pidOf);
      terminal.press("l");
      await until("its log", () => hasRow(new RegExp(`^tick ${first}$`))(terminal));
      terminal.press("\x1b[A");
      await until("its memory", () => hasRow(/^> ticker +running +\d+ .* [kM]B /)(terminal));
      terminal.press("r");
      const second = await until("another one", () => pidOf() !== first && pidOf());
      await until("it tells", () => hasRow(/^ {2}Restarted ticker$/)(terminal));
      terminal.press("s");
      await until("it is stopped", () => hasRow(/^> ticker +stopped +- /)(terminal));
      await until("it tells", () => hasRow(/^ {2}Stopped ticker$/)(terminal));
      assert(!isAlive(Number(second)));
      terminal.press("s");
      await until("a third one", () => hasRow(/^ {2}Started ticker$/)(terminal) && pidOf());
      terminal.press("q");
    });
    assertEquals(code, 0, shown);
    assertEquals(uncoloured(shown), shown);
    assertMatch(left, /^● [^]*restored\r\n$/);
  });
});

describe("status --watch on a terminal", () => {
  it("draws again when the terminal gets another size", () =>
    withInstance(async (instance) => {
      const { code, left } = await watch(instance, {}, async (terminal) => {
        await until("24 lines", () => terminal.lines().length === 24);
        const path = /terminal (\S+) end/.exec(terminal.shown())![1]!;
        execFileSync("sh", ["-c", `stty cols 200 rows 40 <${path}`]); // stty(1) takes -F on Linux, -f on macOS
        await until("40 lines", () => terminal.lines().length === 40);
        terminal.press("q");
      });
      assertEquals(code, 3);
      assertStringIncludes(left, "restored");
    }));

  it("ends at Ctrl-C and SIGTERM with the code of the status, and restores the terminal", () =>
    withInstance(async (instance) => {
      const ends: ((terminal: Terminal) => void)[] = [
        ({ press }) => press("\x03"),
        ({ shown }) => process.kill(Number(/pid (\d+) end/.exec(shown())![1]), "SIGTERM"),
      ];
      for (const end of ends) {
        const { code, left } = await watch(instance, {}, async (terminal) => {
          await until("the table", () => hasRow(/^> temporal +stopped +- /)(terminal));
          terminal.press("r");
          await until("what starts it", () => hasRow(/stigmer-local start --home .* starts Temporal$/)(terminal));
          end(terminal);
        });
        assertEquals(code, 3);
        assertMatch(left, /^○ Temporal is stopped\r\n[^]*restored\r\n$/);
      }
    }));

  it("reads no keys and shows none if stdin is no terminal", () =>
    withInstance(async (instance) => {
      const { code, left } = await watch(instance, { redirect: "</dev/null" }, async (terminal) => {
        await until("the table", () => hasRow(/^ {2}temporal +stopped +- /)(terminal));
        assert(!terminal.lines().some((line) => line.includes("quit")));
        terminal.press("\x03");
      });
      assertEquals(code, 3);
      assertStringIncludes(left, "restored");
    }));

  it("prints a line for each change on a dumb terminal", () =>
    withInstance(async (instance) => {
      const words = ownTool("status", "--watch", "--timeout", "0.1", "--home", instance.home);
      const command = `exec ${shellLine(words)}`;
      const { code, shown } = await withTerminal(command, { env: { TERM: "dumb" } }, () => Promise.resolve());
      assertEquals(code, 3);
      assertMatch(shown, /^\S+Z ○ Temporal is stopped\r\n$/);
    }));
});
