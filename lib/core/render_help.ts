import { COMMANDS, type CommandSpec, CONNECTION_FLAGS, type Flag, INSTANCE_FLAGS, OUTPUT_FLAGS } from "./flags.ts";
import type { Paint } from "./render_status.ts";

/** The help of the tool: what it is for, its commands, the flags that all of them take. */
export function renderHelp(paint: Paint): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  return [
    "stigmer-local keeps one Temporal dev server on this machine simply there.",
    "",
    paint.bold("Examples"),
    "  stigmer-local start                 bring it up, or reuse it (also without `start`)",
    "  stigmer-local status                what runs, with the evidence",
    "  stigmer-local logs -f               follow Temporal's log",
    "  stigmer-local stop                  stop it, its supervisor too",
    "",
    paint.bold("Commands"),
    ...COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    "",
    ...commonFlags(INSTANCE_FLAGS, paint),
    "Exit codes: 0 done, 1 failed, 2 wrong usage. `status`: 0 running and healthy, 1 dead, 3 not running, 4 in between.",
    "`stigmer-local help COMMAND` tells more of one.",
    "",
  ].join("\n");
}

/** The help of one command; opens with its examples. */
export function renderCommandHelp(command: CommandSpec, paint: Paint): string {
  const passed = AFTER_DASHES[command.afterDashes ?? "nothing"];
  const operands = command.operands === undefined ? "" : ` [${command.operands}]`;
  return [
    command.summary,
    "",
    paint.bold("Examples"),
    ...command.examples.map((example) => `  ${example}`),
    "",
    paint.bold("Usage"),
    `  stigmer-local ${command.name} [FLAGS]${operands}${passed}`,
    "",
    ...(command.flags.length === 0 ? [] : [paint.bold("Flags"), ...renderFlags(command.flags), ""]),
    ...commonFlags(INSTANCE_FLAGS.map((flag) => withoutHiddenLetter(flag, command)), paint),
  ].join("\n");
}

function commonFlags(instanceFlags: readonly Flag[], paint: Paint): string[] {
  return [
    paint.bold("Flags of the instance"),
    ...renderFlags(instanceFlags),
    "",
    paint.bold("Flags for a Temporal that is not ours"),
    ...renderFlags(CONNECTION_FLAGS),
    "",
    paint.bold("Flags of every command"),
    ...renderFlags(OUTPUT_FLAGS),
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
function renderFlags(flags: readonly Flag[]): string[] {
  const written = flags.map(({ name, alias, value }) =>
    `${alias === undefined ? "    " : `-${alias}, `}--${name}${value === undefined ? "" : ` ${value}`}`
  );
  const width = Math.max(...written.map((text) => text.length));
  return flags.map(({ help, env }, index) =>
    `  ${written[index]!.padEnd(width)}  ${help}${env === undefined ? "" : ` [$${env}]`}`
  );
}
