import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { type CommandSpec, OUTPUT_FLAGS } from "../../lib/cli/command_spec.ts";
import { COMMANDS, flagsOf } from "../../lib/cli/command_specs.ts";
import { renderCommandHelp, renderHelp } from "../../lib/cli/help_text.ts";
import { CONNECTION_FLAGS } from "../../lib/config/flags/connection_flags.ts";
import type { Flag } from "../../lib/config/flags/flag.ts";
import { INSTANCE_FLAGS } from "../../lib/config/flags/instance_flags.ts";
import { paintFor } from "../../lib/text/paint.ts";
import { parseCommandLine } from "./parse_command_line.ts";

const PLAIN = paintFor(false);
/** The flags for an instance that are listed with the global ones. */
const SELECTING = INSTANCE_FLAGS.filter(({ name }) => name === "home" || name === "no-project");
const command = (name: string) => COMMANDS.find((each) => each.name === name)!;

/** The lines of flags, such as `-p, --port PORT`. */
const flagLines = (help: string): string[] => help.split("\n").filter((line) => /^ {2}(-\w,| {3}) --/.test(line));

describe("renderHelp()", () => {
  it("lists every command and the global flags", () => {
    const help = renderHelp(PLAIN, Infinity);
    for (const { name, summary } of COMMANDS) {
      assert(help.split("\n").some((line) => line.startsWith(`  ${name} `) && line.endsWith(` ${summary}`)), name);
    }
    for (const { name, help: text } of [...SELECTING, ...OUTPUT_FLAGS]) {
      assert(flagLines(help).some((line) => line.includes(`--${name} `) && line.includes(text)), name);
    }
  });

  it("names the environment variable of a flag", () => {
    assert(renderHelp(PLAIN, Infinity).includes("[$STIGMER_HOME]"));
  });

  it("uses colour only if enabled", () => {
    assert(!renderHelp(PLAIN, Infinity).includes("\x1b"));
    assert(renderHelp(paintFor(true), Infinity).includes("\x1b[1mCommands\x1b[22m"));
  });
});

describe("renderCommandHelp()", () => {
  it("lists each flag of the parser once with --all, else the own, common and global ones", () => {
    const told = (each: CommandSpec, all: boolean) =>
      flagLines(renderCommandHelp(each, PLAIN, Infinity, all)).map((line) =>
        line.slice(2, 4).trim() + /--[\w-]+/.exec(line)![0]
      ).sort();
    const written = (flags: readonly Flag[]) =>
      flags.map(({ name, alias }) => `${alias === undefined ? "" : `-${alias}`}--${name}`).sort();
    const common = ["port", "ui-port", "headless", "home", "db-filename", "namespace"];
    for (const each of COMMANDS) {
      const others = each.afterDashes === "arguments for Temporal"
        ? INSTANCE_FLAGS.filter(({ name }) => common.includes(name))
        : [...SELECTING, ...OUTPUT_FLAGS];
      assertEquals(told(each, false), written([...each.flags, ...others]), each.name);
      assertEquals(told(each, true), written(flagsOf(each)), each.name);
    }
    assert(renderCommandHelp(command("stop"), PLAIN, Infinity).includes("`stigmer-local help --all`"));
    assertEquals(
      flagLines(renderHelp(PLAIN, Infinity, true)).length,
      [...INSTANCE_FLAGS, ...CONNECTION_FLAGS, ...OUTPUT_FLAGS].length,
    );
  });

  it("of start fits on a screen of 80 columns and 24 lines, most used flags first", () => {
    const lines = renderCommandHelp(command("start"), PLAIN, 80).trimEnd().split("\n");
    assert(lines.length <= 23, `${lines.length} lines`);
    assert(lines[lines.indexOf("Flags") + 1]!.includes("--port PORT"));
    assert(lines.at(-1)!.includes("`stigmer-local help start --all`"));
  });

  it("gives each letter to only one flag", () => {
    for (const each of COMMANDS) {
      const letters = flagsOf(each).flatMap(({ alias }) => alias ?? []);
      assertEquals(letters, [...new Set(letters)], each.name);
    }
  });

  it("starts with examples that parse", () => {
    for (const each of COMMANDS) {
      assert(each.examples.length > 0);
      for (const example of each.examples) {
        // Strips the shell syntax around it: `eval "$(… env)"`, `… | source`, `… > FILE`.
        const args = /stigmer-local ([^)|>]*)/.exec(example)![1]!.trim().split(" ");
        assertEquals(parseCommandLine(args, { env: { HOME: "/home/me" }, cwd: "/" }).command, each, example);
        assert(renderCommandHelp(each, PLAIN, Infinity).includes(`  ${example}\n`));
      }
    }
  });

  it("shows the operands and the arguments after `--`", () => {
    assert(
      renderCommandHelp(command("start"), PLAIN, Infinity).includes(
        "  stigmer-local start [FLAGS] [NAME…] [-- TEMPORAL-ARGS …]\n",
      ),
    );
    assert(renderCommandHelp(command("help"), PLAIN, Infinity).includes("  stigmer-local help [FLAGS] [COMMAND]\n"));
    assert(renderCommandHelp(command("backup"), PLAIN, Infinity).includes("  stigmer-local backup [FLAGS] FILE\n"));
    assert(renderCommandHelp(command("stop"), PLAIN, Infinity).includes("  stigmer-local stop [FLAGS] [NAME…]\n"));
  });

  it("wraps on a narrow terminal without changing the text", () => {
    const words = (text: string) => text.split(/\s+/).join(" ");
    for (const each of COMMANDS) {
      for (const all of [false, true]) {
        const wide = renderCommandHelp(each, PLAIN, Infinity, all);
        const narrow = renderCommandHelp(each, PLAIN, 80, all);
        assertEquals(words(narrow), words(wide));
        assertEquals(narrow.split("\n").filter((line) => line.length > 80), []);
      }
    }
    assertEquals(renderHelp(PLAIN, 80).split("\n").filter((line) => line.length > 80), []);
  });
});
