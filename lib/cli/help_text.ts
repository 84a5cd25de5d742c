import type { Paint } from "../text/paint.ts";
import { wrap } from "../text/wrap.ts";
import {
  COMMANDS,
  type CommandSpec,
  CONNECTION_FLAGS,
  type Flag,
  INSTANCE_FLAGS,
  OUTPUT_FLAGS,
} from "./command_specs.ts";

/**
 * The help of the tool: what it is for, its commands, the flags that matter to all of them; short enough that its examples
 * are still on the screen. What is longer than `columns` goes on below itself.
 */
export function renderHelp(paint: Paint, columns: number): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  return [
    "stigmer-local keeps one Temporal dev server on this machine simply there.",
    "",
    paint.bold("Examples"),
    "  stigmer-local start            bring it up, or reuse it (also without `start`)",
    "  stigmer-local status           what runs, with the evidence",
    "  stigmer-local logs -f          follow Temporal's log",
    "  stigmer-local run -- npm test  run a command that finds it in its environment",
    "  stigmer-local stop             stop it, its supervisor too",
    "",
    paint.bold("Commands"),
    ...COMMANDS.flatMap(({ name, summary }) => renderEntry(name.padEnd(width), summary, columns)),
    "",
    ...flagsOfAll(paint, columns),
    ...wrap(
      "Exit codes: 0 done, 1 failed, 2 wrong usage. `status`: 0 running and healthy, 1 dead, 3 not running, 4 in between.",
      columns,
    ),
    "`stigmer-local help COMMAND` tells more of one.",
    "",
  ].join("\n");
}

/**
 * The help of one command, as {@linkcode renderHelp}; opens with its examples. The flags that describe the instance are
 * told of the commands that launch it or show its settings; the others refer to them.
 */
export function renderCommandHelp(command: CommandSpec, paint: Paint, columns: number): string {
  const passed = AFTER_DASHES[command.afterDashes ?? "nothing"];
  const operands = command.operands === undefined ? "" : ` ${command.operands}`;
  return [
    command.summary,
    "",
    paint.bold("Examples"),
    ...command.examples.map((example) => `  ${example}`),
    "",
    paint.bold("Usage"),
    `  stigmer-local ${command.name} [FLAGS]${operands}${passed}`,
    "",
    ...(command.flags.length === 0 ? [] : [paint.bold("Flags"), ...renderFlags(command.flags, columns), ""]),
    ...(command.afterDashes === undefined ? flagsOfAll(paint, columns) : allFlags(paint, columns)),
  ].join("\n");
}

/** The flags that matter to every command, and where the rest is told. */
function flagsOfAll(paint: Paint, columns: number): string[] {
  return [
    paint.bold("Flags of every command"),
    ...renderFlags([...INSTANCE_FLAGS.filter(({ name }) => name === "home"), ...OUTPUT_FLAGS], columns),
    "",
    ...wrap(
      "Each also takes the flags that say which Temporal is meant, such as --port and --address: see `stigmer-local help start`.",
      columns,
    ),
    "",
  ];
}

function allFlags(paint: Paint, columns: number): string[] {
  return [
    paint.bold("Flags of the instance"),
    ...renderFlags(INSTANCE_FLAGS, columns),
    "",
    paint.bold("Flags for a Temporal that is not ours"),
    ...renderFlags(CONNECTION_FLAGS, columns),
    "",
    paint.bold("Flags of every command"),
    ...renderFlags(OUTPUT_FLAGS, columns),
    "",
  ];
}

const AFTER_DASHES = {
  "arguments for Temporal": " [-- ARGUMENTS FOR TEMPORAL]",
  command: " -- COMMAND …",
  nothing: "",
};

/** A line each, what they do below one another. */
function renderFlags(flags: readonly Flag[], columns: number): string[] {
  const written = flags.map(({ name, alias, value }) =>
    `${alias === undefined ? "    " : `-${alias}, `}--${name}${value === undefined ? "" : ` ${value}`}`
  );
  const width = Math.max(...written.map((text) => text.length));
  return flags.flatMap(({ help, env }, index) =>
    renderEntry(written[index]!.padEnd(width), `${help}${env === undefined ? "" : ` [$${env}]`}`, columns)
  );
}

function renderEntry(name: string, text: string, columns: number): string[] {
  const indent = " ".repeat(2 + name.length + 2);
  return wrap(text, columns - indent.length).map((line, index) => index === 0 ? `  ${name}  ${line}` : indent + line);
}
