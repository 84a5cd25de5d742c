import { parseArgs } from "@std/cli/parse-args";
import { type Flag, isRepeatable } from "../config/flags/flag.ts";
import { badValue, readAnswer } from "../config/flags/flag_values.ts";
import { LocalError } from "../errors/local_error.ts";
import { didYouMean } from "../text/did_you_mean.ts";
import type { CommandSpec } from "./command_spec.ts";
import { commandIndex, COMMANDS, flagsOf, flagsWritten } from "./command_specs.ts";

/** A command line split into its parts; values are not checked yet. */
export interface CommandLine {
  command: CommandSpec;
  /** The given values, by the name of the flag. */
  options: ReadonlyMap<string, unknown>;
  operands: readonly string[];
  /** The arguments after `--`, or after the name of a command that passes them on; null without them. */
  passed: string[] | null;
}

/**
 * Splits a command line into its parts.
 *
 * @throws {LocalError} `usage` for an unknown command or flag (suggests the nearest one)
 */
export function readCommandLine(args: readonly string[]): CommandLine {
  const { command, rest, passed } = splitCommand(args);
  const line = readFlags(command, flagsOf(command), rest);
  return { command, ...line, ...(passed === undefined ? {} : { passed }) };
}

interface SplitLine {
  command: CommandSpec;
  /** The arguments of this tool. */
  rest: readonly string[];
  /** Those of the program that the command runs; missing = they are after `--`, if there are any. */
  passed?: string[];
}

function splitCommand(args: readonly string[]): SplitLine {
  const find = (name: string) => COMMANDS.find((command) => command.name === name);
  const [first] = args;
  if (first === "--version" || first === "-V") return { command: find("version")!, rest: args.slice(1) };
  if (args.length === 1 && (first === "--help" || first === "-h")) return { command: find("help")!, rest: [] };
  const at = commandIndex(args);
  const end = args.indexOf("--");
  if (at < 0 || (end >= 0 && end < at)) return { command: COMMANDS[0]!, rest: args };
  const name = args[at]!;
  const command = find(name);
  if (command === undefined) {
    // It may be the value of an unknown flag; the error then names the flag.
    const before = args[at - 1] ?? "";
    const isUnknown = /^--[^=]+$/.test(before) && flagsWritten(before).length === 0;
    if (isUnknown) return { command: COMMANDS[0]!, rest: args };
    const near = suggestCommand(name);
    throw new LocalError("usage", `Unknown command \`${name}\``, {
      hint: near === null ? "See `stigmer-local help`" : `Did you mean \`stigmer-local ${near}\`?`,
      facts: { command: name, suggestion: near },
    });
  }
  const [before, after] = [args.slice(0, at), args.slice(at + 1)];
  return command.passesOn === true
    ? { command, rest: before, passed: after }
    : { command, rest: [...before, ...after] };
}

function readFlags(
  command: CommandSpec,
  flags: readonly Flag[],
  args: readonly string[],
): Omit<CommandLine, "command"> {
  const dashes = args.indexOf("--");
  const own = (dashes < 0 ? args : args.slice(0, dashes)).flatMap((arg) => spelledOut(arg, flags));
  const names = (are: (flag: Flag) => boolean) => flags.filter(are).map(({ name }) => name);
  const unknown = (written: string, key: string): LocalError => {
    if (key === "api-key") return apiKeyGiven();
    if (TEMPORAL_FLAGS.includes(key)) return flagOfTemporal(command, written);
    const near = didYouMean(key, flags.map((flag) => flag.name));
    return new LocalError("usage", `Unknown flag \`${written}\` for \`${command.name}\``, {
      hint: near === null ? `See \`stigmer-local help ${command.name}\`` : `Did you mean \`--${near}\`?`,
      facts: { flag: written, suggestion: near },
    });
  };
  // parseArgs takes `--no-port=1` for `--port=1`.
  const negated = own.map((arg) => /^--(no-[^=]+)=/.exec(arg)?.[1]).find((name) => name !== undefined);
  if (negated !== undefined && !flags.some(({ name }) => name === negated)) throw unknown(`--${negated}`, negated);
  const operands: string[] = []; // not `_` of parseArgs, which turns the file name 007 into the number 7
  const parsed = parseArgs(own, {
    boolean: names(({ kind }) => kind === "boolean"),
    string: names(({ kind }) => kind !== "boolean"),
    collect: names(isRepeatable),
    unknown: (arg: string, key?: string) => {
      if (key === undefined) return operands.push(arg) > 0;
      throw unknown(arg.split("=")[0]!, key);
    },
  }) as Record<string, unknown>;

  // parseArgs returns `false` and `[]` for flags that were not given.
  const isGiven = ({ name }: Flag) => own.some((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
  const options = new Map(flags.filter(isGiven).map(({ name }) => [name, parsed[name]]));
  const passed = dashes < 0 ? null : args.slice(dashes + 1);
  if (passed !== null && passed.length > 0 && command.afterDashes === undefined) {
    throw new LocalError("usage", `\`${command.name}\` accepts no arguments after \`--\``, {
      hint: `See \`stigmer-local help ${command.name}\``,
    });
  }
  return { options, operands, passed };
}

/**
 * Expands short flags like pflag, which Temporal uses: `-fn5` → `--follow --lines=5`, `-ndev`, `-n=dev`; and `--flag=1` to
 * `--flag=true`. parseArgs reads `-ndev` as four flags, and `--flag=0` as true.
 */
function spelledOut(arg: string, flags: readonly Flag[]): string[] {
  const long = /^--([^=]+)=(.*)$/s.exec(arg);
  const flag = flags.find(({ name, kind }) => kind === "boolean" && name === long?.[1]);
  if (flag !== undefined) return booleanSpelledOut(flag, long![2]!);
  if (!/^-[a-zA-Z]/.test(arg)) return [arg];
  const result: string[] = [];
  for (let letters = arg.slice(1); letters !== "";) {
    const flag = flags.find(({ alias }) => alias === letters[0]);
    if (flag === undefined) return [...result, `-${letters}`]; // parseArgs reports it as unknown
    letters = letters.slice(1);
    if (letters.startsWith("=") || (letters !== "" && flag.kind !== "boolean")) {
      const value = letters.replace(/^=/, "");
      return [...result, ...(flag.kind === "boolean" ? booleanSpelledOut(flag, value) : [`--${flag.name}=${value}`])];
    }
    result.push(`--${flag.name}`);
  }
  return result;
}

function booleanSpelledOut(flag: Flag, value: string): string[] {
  const answer = readAnswer(value);
  if (answer === null) throw badValue({ kind: "flag", name: `--${flag.name}` }, "true or false", value);
  if (!flag.name.startsWith("no-")) return [`--${flag.name}=${answer}`];
  return answer ? [`--${flag.name}`] : []; // parseArgs would negate a flag named `no-…`
}

/** Flags of `temporal server start-dev` that are passed on after `--`. */
const TEMPORAL_FLAGS = [
  ...["log-format", "output", "color", "time-format", "command-timeout", "client-connect-timeout"],
  ...["no-json-shorthand-payloads", "disable-config-file", "disable-config-env", "env"],
];

function flagOfTemporal(command: CommandSpec, written: string): LocalError {
  const isPassed = command.afterDashes === "arguments for Temporal";
  const words = ["stigmer-local", isPassed ? command.name : "start", "--", written, "…"];
  return new LocalError("usage", `Unknown flag \`${written}\` for \`${command.name}\`: it is a flag of Temporal`, {
    hint: `Pass it after \`--\`: \`${words.join(" ")}\``,
    facts: { flag: written, suggestion: null },
  });
}

/** Temporal's CLI has this flag, but its value shows up in process lists and the shell's history. */
function apiKeyGiven(): LocalError {
  return new LocalError("usage", "`--api-key` is not supported: other users can read the arguments of a process", {
    hint: "Set $TEMPORAL_API_KEY or use --api-key-file FILE",
    facts: { flag: "--api-key" },
  });
}

/** What other tools call our commands, and what is typed instead. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  up: "start",
  dev: "start",
  serve: "start",
  server: "start",
  down: "stop",
  kill: "stop",
  quit: "stop",
  ps: "ls",
  list: "ls",
  instances: "ls",
  info: "status",
  log: "logs",
  tail: "logs",
  exec: "run",
  shell: "env",
  open: "ui",
  upgrade: "install",
  update: "install",
  download: "install",
  uninstall: "install --remove",
  clean: "reset",
  dump: "backup",
  check: "doctor",
  settings: "config",
};

/** The command line that `name`, which is no command, probably means, without the tool; null if there is no likely one. */
export function suggestCommand(name: string): string | null {
  return ELSEWHERE[name.toLowerCase()] ?? didYouMean(name, COMMANDS.map((command) => command.name));
}
