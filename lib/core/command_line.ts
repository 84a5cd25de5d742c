import { parseArgs } from "@std/cli/parse-args";
import { didYouMean } from "./did_you_mean.ts";
import { badValue, checkedValue, fromEnvironment, readAnswer, type Value } from "./flag_values.ts";
import { COMMANDS, type CommandSpec, type Flag, flagsOf, INSTANCE_FLAGS } from "./flags.ts";
import { absolutePath, managedBinaryPath } from "./instance_paths.ts";
import { LocalError } from "./local_error.ts";
import type { Settings } from "./settings.ts";
import { ownFlagAmong } from "./temporal_args.ts";
import { isVersion } from "./versions.ts";

/** What a command was called with. */
export interface Invocation {
  command: CommandSpec;
  /** Absolute. */
  home: string;
  /** The settings that were asked for, by flag or environment; the rest is whatever runs, or the default. */
  asked: Partial<Settings>;
  /** The binary that was asked for, absolute; null = the resolution chain decides. */
  temporalBin: string | null;
  /** The version of the managed binary that was asked for; null = whatever is chosen in the home, or the default. */
  temporalVersion: string | null;
  /** The binary that either of them means, which may still have to be installed; null = any. */
  askedBinary: string | null;
  maxRestarts: number | null;
  json: boolean;
  quiet: boolean;
  verbose: boolean;
  /** The help of the command is wanted. */
  help: boolean;
  /** The command's own flags that were given, by name. */
  own: Readonly<Record<string, string | number | boolean | undefined>>;
  /** What stood after the flags; for a command that runs another one, that one. */
  operands: readonly string[];
}

/** The surroundings that a command line is read in. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
}

/**
 * Reads a command line. Flags win over the environment.
 *
 * @throws {LocalError} `usage` for an unknown command or flag (the nearest one is offered), a missing or a bad value
 */
export function parseCommandLine(args: readonly string[], surroundings: Surroundings): Invocation {
  const { command, rest } = splitCommand(args);
  const flags = flagsOf(command);
  const { given, operands, passed } = readFlags(command, flags, rest);
  const values = new Map<string, Value>();
  for (const flag of flags) {
    const raw = given.get(flag.name) ?? fromEnvironment(flag, surroundings.env);
    const written = given.has(flag.name) ? `--${flag.name}` : `$${flag.env}`;
    if (raw !== undefined) values.set(flag.name, checkedValue(flag, raw, written));
  }
  if (operands.length > 0 && command.operands === undefined) {
    throw new LocalError("usage", `Unexpected argument \`${operands[0]}\` for \`${command.name}\``, {
      hint: command.afterDashes === undefined
        ? `See \`stigmer-local help ${command.name}\``
        : `After \`--\`: the ${command.afterDashes}`,
    });
  }
  const path = (name: string): string | null => {
    const value = values.get(name);
    return typeof value === "string" ? absolutePath(expandHome(value, surroundings.env), surroundings.cwd) : null;
  };
  const own: Record<string, string | number | boolean | undefined> = {};
  for (const { name } of command.flags) own[name] = values.get(name) as string | number | boolean | undefined;
  const home = path("home") ?? defaultHome(surroundings.env);
  const { temporalBin, temporalVersion } = pickBinary(path("temporal-bin"), values.get("version"), given);
  return {
    command,
    home,
    asked: askedSettings(values, path("db-filename"), command.afterDashes === "arguments for Temporal" ? passed : null),
    temporalBin,
    temporalVersion,
    askedBinary: temporalBin ?? (temporalVersion === null ? null : managedBinaryPath(home, temporalVersion)),
    maxRestarts: (values.get("max-restarts") as number | undefined) ?? null,
    json: values.get("json") === true,
    quiet: values.get("quiet") === true,
    verbose: values.get("verbose") === true || surroundings.env["STIGMER_LOG_LEVEL"] === "debug",
    help: values.get("help") === true,
    own,
    operands: command.afterDashes === "command" ? passed ?? [] : operands,
  };
}

function splitCommand(args: readonly string[]): { command: CommandSpec; rest: readonly string[] } {
  const find = (name: string) => COMMANDS.find((command) => command.name === name);
  const [first] = args;
  if (first === "--version" || first === "-V") return { command: find("version")!, rest: args.slice(1) };
  if (args.length === 1 && (first === "--help" || first === "-h")) return { command: find("help")!, rest: [] };
  // Flags may stand before the command: `stigmer-local --home x status`.
  const at = args.findIndex((arg, index) => !arg.startsWith("-") && !isValueOf(args[index - 1]));
  const end = args.indexOf("--");
  if (at < 0 || (end >= 0 && end < at)) return { command: COMMANDS[0]!, rest: args };
  const name = args[at]!;
  const command = find(name);
  if (command === undefined) {
    const near = didYouMean(name, COMMANDS.map((each) => each.name));
    throw new LocalError("usage", `Unknown command \`${name}\``, {
      hint: near === null ? "See `stigmer-local help`" : `Did you mean \`stigmer-local ${near}\`?`,
      facts: { command: name, suggestion: near },
    });
  }
  return { command, rest: [...args.slice(0, at), ...args.slice(at + 1)] };
}

/** Whether the argument after `arg` is its value: `arg` is a flag that takes one, without `=`. */
function isValueOf(arg: string | undefined): boolean {
  const takesValue = (flag: Flag) => flag.kind !== "boolean";
  return INSTANCE_FLAGS.some((flag) =>
    takesValue(flag) && (arg === `--${flag.name}` || (flag.alias !== undefined && arg === `-${flag.alias}`))
  ) || COMMANDS.some(({ flags }) =>
    flags.some((flag) =>
      takesValue(flag) && (arg === `--${flag.name}` || (flag.alias !== undefined && arg === `-${flag.alias}`))
    )
  );
}

function readFlags(command: CommandSpec, flags: readonly Flag[], args: readonly string[]) {
  const dashes = args.indexOf("--");
  const own = (dashes < 0 ? args : args.slice(0, dashes)).flatMap((arg) => spelledOut(arg, flags));
  const names = (...kinds: Flag["kind"][]) =>
    flags.filter((flag) => kinds.includes(flag.kind)).map((flag) => flag.name);
  const single = names("text", "port", "seconds", "count");
  const operands: string[] = []; // as they are written: `_` of parseArgs takes the file 007 for the number 7
  const parsed = parseArgs(own, {
    boolean: names("boolean"),
    string: [...single, ...names("texts")],
    collect: names("texts"),
    unknown: (arg: string, key?: string) => {
      if (key === undefined) return operands.push(arg) > 0;
      const written = arg.split("=")[0]!;
      const near = didYouMean(key, flags.map((flag) => flag.name));
      throw new LocalError("usage", `Unknown flag \`${written}\` for \`${command.name}\``, {
        hint: near === null ? `See \`stigmer-local help ${command.name}\`` : `Did you mean \`--${near}\`?`,
        facts: { flag: written, suggestion: near },
      });
    },
  }) as Record<string, unknown>;

  const given = new Map<string, unknown>();
  for (const flag of flags) {
    const value = parsed[flag.name];
    const written = own.some((arg) => arg === `--${flag.name}` || arg.startsWith(`--${flag.name}=`));
    // parseArgs gives `false` and `[]` for flags that nobody wrote.
    if (value === undefined || (!written && (value === false || (Array.isArray(value) && value.length === 0)))) {
      continue;
    }
    given.set(flag.name, value);
  }
  const passed = dashes < 0 ? null : args.slice(dashes + 1);
  if (passed !== null && passed.length > 0 && command.afterDashes === undefined) {
    throw new LocalError("usage", `\`${command.name}\` passes no arguments on`, {
      hint: `See \`stigmer-local help ${command.name}\``,
    });
  }
  return { given, operands, passed };
}

/**
 * Short flags by their long names, as pflag reads them (Temporal's own reader): `-fn5` → `--follow --lines=5`, `-ndev`,
 * `-n=dev`; and `--flag=1` as `--flag=true`. parseArgs takes `-ndev` for four flags, and `--flag=0` for true.
 */
function spelledOut(arg: string, flags: readonly Flag[]): string[] {
  const long = /^--([^=]+)=(.*)$/s.exec(arg);
  const flag = flags.find(({ name, kind }) => kind === "boolean" && name === long?.[1]);
  if (flag !== undefined) return booleanSpelledOut(flag, long![2]!);
  if (!/^-[a-zA-Z]/.test(arg)) return [arg];
  const result: string[] = [];
  for (let letters = arg.slice(1); letters !== "";) {
    const flag = flags.find(({ alias }) => alias === letters[0]);
    if (flag === undefined) return [...result, `-${letters}`]; // unknown, as parseArgs will say
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
  if (answer === null) throw badValue(`--${flag.name}`, "1 or 0, or no value", value);
  if (!flag.name.startsWith("no-")) return [`--${flag.name}=${answer}`];
  return answer ? [`--${flag.name}`] : []; // parseArgs has its own idea of `--no-…=`
}

function askedSettings(
  values: ReadonlyMap<string, Value>,
  dbFilename: string | null,
  passed: string[] | null,
): Partial<Settings> {
  const asked: Partial<Settings> = {};
  const take = <Key extends keyof Settings>(key: Key, flag: string) => {
    const value = values.get(flag);
    if (value !== undefined) asked[key] = value as Settings[Key];
  };
  take("port", "port");
  take("uiPort", "ui-port");
  take("ip", "ip");
  take("uiIp", "ui-ip");
  take("headless", "headless");
  take("namespaces", "namespace");
  take("logLevel", "log-level");
  take("searchAttributes", "search-attribute");
  take("dynamicConfig", "dynamic-config-value");
  if (dbFilename !== null) asked.dbFilename = dbFilename;
  if (passed !== null) asked.extraArgs = withoutOwnFlags(passed);
  if (asked.port !== undefined && asked.uiPort === asked.port) {
    throw new LocalError("usage", `--port and --ui-port are both ${asked.port}`, { hint: "Give each its own port" });
  }
  if (asked.port !== undefined && asked.uiPort === undefined && !asked.headless && asked.port + 1000 > 65_535) {
    throw new LocalError("usage", `--port ${asked.port} leaves no room for the UI at port + 1000`, {
      hint: "Give --ui-port, or --headless",
    });
  }
  return asked;
}

/** A flag wins over the environment, also where the two name the binary in different ways. */
function pickBinary(
  temporalBin: string | null,
  version: Value | undefined,
  given: ReadonlyMap<string, unknown>,
): Pick<Invocation, "temporalBin" | "temporalVersion"> {
  const temporalVersion = typeof version === "string" ? version.replace(/^v(?=\d)/, "") : null;
  if (temporalVersion !== null && !isVersion(temporalVersion)) {
    throw badValue(
      given.has("version") ? "--version" : "$STIGMER_TEMPORAL_VERSION",
      "a version such as 1.5.1",
      version,
    );
  }
  if (given.has("version") && given.has("temporal-bin")) {
    throw new LocalError("usage", "--version and --temporal-bin both name a binary", { hint: "Give one of them" });
  }
  if (given.has("version")) return { temporalBin: null, temporalVersion };
  return temporalBin === null ? { temporalBin, temporalVersion } : { temporalBin, temporalVersion: null };
}

/** What this tool has to know itself, it must not learn after `--`. */
function withoutOwnFlags(extraArgs: string[]): string[] {
  const flag = ownFlagAmong(extraArgs);
  if (flag === null) return extraArgs;
  throw new LocalError("usage", `\`${flag}\` stands after \`--\`, where this tool does not see it`, {
    hint: "Give it before the `--`",
    facts: { flag },
  });
}

function expandHome(path: string, env: Surroundings["env"]): string {
  return path === "~" || path.startsWith("~/") ? `${env["HOME"] ?? ""}${path.slice(1)}` : path;
}

function defaultHome(env: Surroundings["env"]): string {
  const home = env["HOME"];
  if (home === undefined || !home.startsWith("/")) {
    throw new LocalError("home-unusable", "There is no home: $HOME is not set", {
      hint: "Set STIGMER_HOME, or give --home DIR",
    });
  }
  return absolutePath(`${home}/.stigmer`, "/");
}
