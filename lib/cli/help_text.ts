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
 * The help of the tool: its purpose, commands and global flags. Short, so that the examples are still on the screen. Lines
 * longer than `columns` wrap with a hanging indent.
 */
export function renderHelp(paint: Paint, columns: number): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  return [
    "stigmer-local runs and supervises a local Temporal dev server.",
    "",
    paint.bold("Examples"),
    "  stigmer-local                  Start Temporal, or reuse the running one",
    "  stigmer-local status           Show its state, checked layer by layer",
    "  stigmer-local logs -f          Follow its log",
    "  stigmer-local run -- npm test  Run a command with Temporal available",
    "  stigmer-local stop             Stop Temporal and its supervisor",
    "",
    paint.bold("Commands"),
    ...COMMANDS.flatMap(({ name, summary }) => renderEntry(name.padEnd(width), summary, columns)),
    "",
    ...flagsOfAll(paint, columns),
    ...wrap(
      "Exit codes: 0 success, 1 failure, 2 usage error. `status`: 0 healthy, 1 failed, 3 not running, 4 not healthy.",
      columns,
    ),
    "Run `stigmer-local help COMMAND` for more about a command.",
    "",
  ].join("\n");
}

/**
 * The help of one command, laid out like {@linkcode renderHelp}. Only commands that launch the instance or show its
 * settings list its flags; the others refer to `help start`.
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

/** The global flags, and a reference to the rest. */
function flagsOfAll(paint: Paint, columns: number): string[] {
  return [
    paint.bold("Global flags"),
    ...renderFlags([...INSTANCE_FLAGS.filter(({ name }) => name === "home"), ...OUTPUT_FLAGS], columns),
    "",
    ...wrap(
      "Every command also accepts the instance and connection flags listed by `stigmer-local help start`.",
      columns,
    ),
    "",
  ];
}

function allFlags(paint: Paint, columns: number): string[] {
  return [
    paint.bold("Instance flags"),
    ...renderFlags(INSTANCE_FLAGS, columns),
    "",
    paint.bold("Flags for an external Temporal"),
    ...renderFlags(CONNECTION_FLAGS, columns),
    "",
    paint.bold("Global flags"),
    ...renderFlags(OUTPUT_FLAGS, columns),
    "",
  ];
}

const AFTER_DASHES = {
  "arguments for Temporal": " [-- TEMPORAL-ARGS …]",
  command: " -- COMMAND …",
  nothing: "",
};

/** One line for each flag, with its help in a second column. */
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
