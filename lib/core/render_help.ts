import { COMMANDS, type CommandSpec, CONNECTION_FLAGS, type Flag, INSTANCE_FLAGS, OUTPUT_FLAGS } from "./flags.ts";
import type { Paint } from "./render_status.ts";
import { wrap } from "./wrap.ts";

/**
 * The help of the tool: what it is for, its commands, the flags that all of them take. What is longer than `columns` goes
 * on below itself.
 */
export function renderHelp(paint: Paint, columns: number): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  return [
    "stigmer-local keeps one Temporal dev server on this machine simply there.",
    "",
    paint.bold("Examples"),
    "  stigmer-local start    bring it up, or reuse it (also without `start`)",
    "  stigmer-local status   what runs, with the evidence",
    "  stigmer-local logs -f  follow Temporal's log",
    "  stigmer-local stop     stop it, its supervisor too",
    "",
    paint.bold("Commands"),
    ...COMMANDS.flatMap(({ name, summary }) => renderEntry(name.padEnd(width), summary, columns)),
    "",
    ...commonFlags(INSTANCE_FLAGS, paint, columns),
    ...wrap(
      "Exit codes: 0 done, 1 failed, 2 wrong usage. `status`: 0 running and healthy, 1 dead, 3 not running, 4 in between.",
      columns,
    ),
    "`stigmer-local help COMMAND` tells more of one.",
    "",
  ].join("\n");
}

/** The help of one command, as {@linkcode renderHelp}; opens with its examples. */
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
    ...commonFlags(INSTANCE_FLAGS.map((flag) => withoutHiddenLetter(flag, command)), paint, columns),
  ].join("\n");
}

function commonFlags(instanceFlags: readonly Flag[], paint: Paint, columns: number): string[] {
  return [
    paint.bold("Flags of the instance"),
    ...renderFlags(instanceFlags, columns),
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

function withoutHiddenLetter(flag: Flag, command: CommandSpec): Flag {
  if (flag.alias === undefined || !command.flags.some(({ alias }) => alias === flag.alias)) return flag;
  const { alias: _hidden, ...rest } = flag;
  return rest;
}

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
