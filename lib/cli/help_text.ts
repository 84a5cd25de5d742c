import { CONNECTION_FLAGS } from "../config/flags/connection_flags.ts";
import type { Flag } from "../config/flags/flag.ts";
import { INSTANCE_FLAGS } from "../config/flags/instance_flags.ts";
import type { Paint } from "../text/paint.ts";
import { wrap, wrapAfter } from "../text/wrap.ts";
import { type CommandSpec, OUTPUT_FLAGS } from "./command_spec.ts";
import { COMMANDS, flagsOf } from "./command_specs.ts";

/** The flags that `start` and `config` list without `--all`, most used first. */
const COMMON = ["port", "ui-port", "headless", "home", "db-filename", "namespace"];

/** The instance flags by subject, most used first. */
const SUBJECTS: Readonly<Record<string, readonly string[]>> = {
  "Instance flags": [
    "port",
    "home",
    "no-project",
    "headless",
    "ip",
    "http-port",
    "metrics-port",
    "temporal-bin",
    "max-restarts",
  ],
  "Data": ["db-filename", "sqlite-pragma", "namespace", "search-attribute"],
  "Web UI": ["ui-port", "ui-ip", "ui-public-path", "ui-asset-path", "ui-codec-endpoint", "ui-disable-news-fetch"],
  "Log and dynamic configuration": ["log-level", "log-config", "dynamic-config-value"],
};

const AFTER_DASHES = { "arguments for Temporal": " [-- TEMPORAL-ARGS …]", command: " -- COMMAND …", nothing: "" };

/**
 * The help of the tool: its purpose, commands and global flags. Short, so that the examples are still on the screen. Lines
 * longer than `columns` wrap with a hanging indent.
 *
 * @param all List every flag, too.
 */
export function renderHelp(paint: Paint, columns: number, all = false): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  return [
    "stigmer-local runs and supervises a local Temporal dev server.",
    "",
    paint.bold("Examples"),
    "  stigmer-local                  Start Temporal, or reuse the running one",
    "  stigmer-local status           Show its state, checked layer by layer",
    "  stigmer-local logs -f          Follow its log, and those of processes",
    "  stigmer-local run -- npm test  Run a command with Temporal available",
    "  stigmer-local stop             Stop Temporal and its supervisor",
    "",
    paint.bold("Commands"),
    ...COMMANDS.flatMap(({ name, summary }) => wrapAfter(`  ${name.padEnd(width)}  `, summary, columns)),
    "",
    ...(all ? everyFlag(paint, columns) : flagsOfAll(paint, columns)),
    ...wrap(
      "Exit codes: 0 success, 1 failure, 2 usage error. `status`: 0 healthy, 1 failed, 3 not running, 4 not healthy.",
      columns,
    ),
    "Run `stigmer-local help COMMAND` for more about a command.",
    "",
  ].join("\n");
}

/**
 * The help of one command, laid out like {@linkcode renderHelp}. Commands that show or change all settings list the common
 * ones, in one screen of 80 columns.
 *
 * @param all List every flag that the command takes, with its variable.
 */
export function renderCommandHelp(command: CommandSpec, paint: Paint, columns: number, all = false): string {
  const passed = AFTER_DASHES[command.afterDashes ?? "nothing"];
  const operands = command.operands === undefined ? "" : ` ${command.operands}`;
  const own = command.flags.length === 0 ? [] : section("Flags", command.flags, paint, columns);
  const isLaunch = command.afterDashes === "arguments for Temporal";
  return [
    command.summary,
    "",
    paint.bold("Examples"),
    ...command.examples.map((example) => `  ${example}`),
    "",
    paint.bold("Usage"),
    command.passesOn === true
      ? `  stigmer-local [FLAGS] ${command.name} [ARGUMENTS …]`
      : `  stigmer-local ${command.name} [FLAGS]${operands}${passed}`,
    "",
    ...(all
      ? [...own, ...everyFlag(paint, columns, command)]
      : isLaunch
      ? commonFlags(command, paint, columns)
      : [...own, ...flagsOfAll(paint, columns)]),
  ].join("\n");
}

/** The common flags of a command that takes all settings, briefly. */
function commonFlags(command: CommandSpec, paint: Paint, columns: number): string[] {
  const common = COMMON.map((name) => INSTANCE_FLAGS.find((flag) => flag.name === name)!);
  return [
    ...section("Flags", [...common, ...command.flags], paint, columns, briefly),
    ...wrap(`\`stigmer-local help ${command.name} --all\` lists every flag, with its variable.`, columns),
    "",
  ];
}

/** The global flags, and a reference to the rest. */
function flagsOfAll(paint: Paint, columns: number): string[] {
  const selecting = INSTANCE_FLAGS.filter(({ name }) => name === "home" || name === "no-project");
  return [
    ...section("Global flags", [...selecting, ...OUTPUT_FLAGS], paint, columns),
    ...wrap("Every command also accepts the flags listed by `stigmer-local help --all`.", columns),
    "",
  ];
}

/** The flags that every command accepts; without the letters that `command` has for flags of its own. */
function everyFlag(paint: Paint, columns: number, command?: CommandSpec): string[] {
  const accepted = flagsOf(command ?? { flags: [] });
  const sections: [title: string, names: readonly string[]][] = [
    ...Object.entries(SUBJECTS),
    ["Flags for an external Temporal", CONNECTION_FLAGS.map(({ name }) => name)],
    ["Global flags", OUTPUT_FLAGS.map(({ name }) => name)],
  ];
  const flagNamed = (name: string) => accepted.find((flag) => flag.name === name)!;
  return sections.flatMap(([title, names]) => section(title, names.map(flagNamed), paint, columns));
}

function withVariable({ help, env }: Flag): string {
  return `${help}${env === undefined ? "" : ` [$${env}]`}`;
}

/** What stands after a semicolon is a detail. */
function briefly({ help }: Flag): string {
  return help.split(";")[0]!;
}

/** A title, and one line for each flag, with its help in a second column. */
function section(
  title: string,
  flags: readonly Flag[],
  paint: Paint,
  columns: number,
  textOf: (flag: Flag) => string = withVariable,
): string[] {
  const written = flags.map(({ name, alias, value }) =>
    `${alias === undefined ? "    " : `-${alias}, `}--${name}${value === undefined ? "" : ` ${value}`}`
  );
  const width = Math.max(...written.map((text) => text.length));
  const lines = flags.flatMap((flag, index) =>
    wrapAfter(`  ${written[index]!.padEnd(width)}  `, textOf(flag), columns)
  );
  return [paint.bold(title), ...lines, ""];
}
