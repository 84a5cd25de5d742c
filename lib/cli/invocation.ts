import { ownFlagAmong } from "../config/dev_server_args.ts";
import type { ConfigFile } from "../config/file/config_file.ts";
import { checkedValue, fromConfig, fromEnvironment, type OptionValue, refuseNul } from "../config/flags/flag_values.ts";
import { isExternal } from "../config/flags/is_external.ts";
import { pickBinary } from "../config/flags/pick_binary.ts";
import { type SettingSource, sourceName } from "../config/flags/setting_source.ts";
import { DEFAULT_POLICY, type Policy } from "../config/policy.ts";
import { type RequestedSettings, UI_PORT_OFFSET } from "../config/settings.ts";
import type { Failure } from "../errors/failure.ts";
import { LocalError } from "../errors/local_error.ts";
import { absolutePath, managedBinaryPath } from "../instance/paths.ts";
import { shellWord } from "../text/shell_word.ts";
import { type CommandSpec, type Flag, settingsOf } from "./command_specs.ts";
import { type CommandLine, readCommandLine } from "./parse_args.ts";

/** What a command was called with. */
export interface Invocation {
  command: CommandSpec;
  /** Absolute. */
  home: string;
  /** The settings that were asked for, wherever; the rest is whatever runs, or the default. */
  requested: RequestedSettings;
  /** The binary that was asked for, absolute; null = the resolution chain decides. */
  temporalBin: string | null;
  /** The version of the managed binary that was asked for; null = whatever is chosen in the home, or the default. */
  temporalVersion: string | null;
  /** The binary that either of them means, which may still have to be installed; null = any. */
  requestedBinary: string | null;
  /** How the instance is to be looked after, as far as that was asked for. */
  policy: Partial<Policy>;
  /** Why `config.yaml` is not heeded; missing when it is, or there is none. */
  configFailure?: Failure;
  /** Whether Temporal is ours to run; false: it is elsewhere, and only used. */
  managed: boolean;
  json: boolean;
  quiet: boolean;
  verbose: boolean;
  /** The help of the command is wanted. */
  help: boolean;
  /** The command's own flags that were given, by name. */
  commandOptions: Readonly<Record<string, string | number | boolean | undefined>>;
  /** What was given by a flag, the environment or `config.yaml`, by the name of the flag. */
  options: ReadonlyMap<string, OptionValue>;
  /** What stood after the flags; for a command that runs another one, that one. */
  operands: readonly string[];
}

/** The surroundings that a command line is read in. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
}

/**
 * Reads a command line. Flags win over the environment, and both over `config.yaml`.
 *
 * @throws {LocalError} `usage` for an unknown command or flag (the nearest one is offered), a missing or a bad value
 */
export function parseCommandLine(
  args: readonly string[],
  surroundings: Surroundings,
  config: ConfigFile | null = null,
): Invocation {
  return invocationOf(readCommandLine(args), surroundings, config);
}

/**
 * The home that a command line is about, absolute. It has to be known before its `config.yaml` can be read.
 *
 * @throws {LocalError} `usage`, `home-unusable`
 */
export function homeOf(line: CommandLine, surroundings: Surroundings): string {
  const home = optionValue(settingsOf(line.command).find(({ name }) => name === "home")!, line, surroundings, null);
  return home === null ? defaultHome(surroundings.env) : String(home.value);
}

/**
 * What a command line asks for in its surroundings, with the `config.yaml` of its home; null = there is none.
 *
 * @throws {LocalError} `usage` for a missing or a bad value, or some that don't go together
 */
export function invocationOf(line: CommandLine, surroundings: Surroundings, config: ConfigFile | null): Invocation {
  const { command, operands, passed } = line;
  const { env } = surroundings;
  const options = new Map<string, OptionValue>();
  for (const flag of settingsOf(command)) {
    const found = optionValue(flag, line, surroundings, config);
    if (found !== null) options.set(flag.name, found);
  }
  const surplus = operands[command.operands === undefined ? 0 : 1];
  if (surplus !== undefined) {
    throw new LocalError("usage", `Unexpected argument \`${surplus}\` for \`${command.name}\``, {
      hint: command.afterDashes === undefined
        ? `See \`stigmer-local help ${command.name}\``
        : `After \`--\`: the ${command.afterDashes}`,
    });
  }
  const home = homeOf(line, surroundings);
  if (command.afterDashes === "arguments for Temporal" && passed !== null) {
    const source: SettingSource = { kind: "flag", name: "--" };
    refuseNul(passed, source);
    options.set("extra-args", { value: passed, source });
  }
  const commandOptions: Record<string, string | number | boolean | undefined> = {};
  for (const { name } of command.flags) {
    commandOptions[name] = options.get(name)?.value as string | number | boolean | undefined;
  }
  const { temporalBin, temporalVersion } = pickBinary(options);
  return {
    command,
    home,
    requested: requestedSettings(command, options),
    temporalBin,
    temporalVersion,
    requestedBinary: temporalBin ?? (temporalVersion === null ? null : managedBinaryPath(home, temporalVersion)),
    policy: requestedPolicy(command, options),
    managed: !isExternal(options),
    json: options.get("json")?.value === true,
    quiet: options.get("quiet")?.value === true,
    verbose: options.get("verbose")?.value === true || env["STIGMER_LOG_LEVEL"] === "debug",
    help: options.get("help")?.value === true,
    commandOptions,
    options,
    operands: command.afterDashes === "command" ? passed ?? [] : operands,
  };
}

/** What of an invocation its flags alone say, whatever the environment and `config.yaml` do. */
export function requestedByFlags(
  { command, options }: Invocation,
): Pick<Invocation, "requested" | "policy" | "temporalBin"> {
  const said = new Map([...options].filter(([, { source }]) => source.kind === "flag"));
  const { temporalBin } = pickBinary(said);
  return { requested: requestedSettings(command, said), policy: requestedPolicy(command, said), temporalBin };
}

/** The first of flag, environment and `config.yaml` that says something; what is said less loudly is not even checked. */
function optionValue(
  flag: Flag,
  line: CommandLine,
  { env, cwd }: Surroundings,
  config: ConfigFile | null,
): OptionValue | null {
  const checked = (raw: unknown, source: SettingSource, folder: string): OptionValue => {
    const value = checkedValue(flag, raw, source);
    return { value: flag.isPath === true ? absolutePath(expandHome(String(value), env), folder) : value, source };
  };
  const raw = line.options.get(flag.name);
  if (raw !== undefined) return checked(raw, { kind: "flag", name: `--${flag.name}` }, cwd);
  const fromEnv = fromEnvironment(flag, env);
  if (fromEnv !== undefined) return checked(fromEnv, { kind: "environment", name: flag.env! }, cwd);
  const inFile = flag.key === undefined ? undefined : config?.values.get(flag.name);
  if (inFile === undefined) return null;
  const source: SettingSource = { kind: "file", path: config!.path, line: inFile.line, key: inFile.key };
  return checked(fromConfig(flag, inFile.node, source), source, `${config!.path}/..`);
}

function requestedSettings(command: CommandSpec, options: ReadonlyMap<string, OptionValue>): RequestedSettings {
  const asked: RequestedSettings = {};
  for (const { name, setting } of settingsOf(command)) {
    const found = setting === undefined ? undefined : options.get(name);
    if (found !== undefined) Object.assign(asked, { [setting!]: found.value });
  }
  const extraArgs = options.get("extra-args");
  if (extraArgs !== undefined) refuseOwnFlags(extraArgs);
  refusePortClash(asked, options);
  return asked;
}

function requestedPolicy(command: CommandSpec, options: ReadonlyMap<string, OptionValue>): Partial<Policy> {
  const asked: Partial<Policy> = {};
  for (const { name, policy } of settingsOf(command)) {
    const found = policy === undefined ? undefined : options.get(name);
    if (found !== undefined) asked[policy!] = found.value as number;
  }
  const { healthTimeoutS: timeout, healthIntervalS: interval } = asked;
  if (timeout !== undefined && timeout > (interval ?? DEFAULT_POLICY.healthIntervalS)) {
    throw new LocalError(
      "usage",
      `${sourceName(options.get("health-timeout")!.source)} is longer than the time between two checks`,
      {
        hint: "Make health.interval as long, or health.timeout shorter",
      },
    );
  }
  return asked;
}

function refusePortClash(asked: RequestedSettings, options: ReadonlyMap<string, OptionValue>): void {
  const { port, uiPort, headless } = asked;
  const where = (name: string) => sourceName(options.get(name)!.source);
  if (typeof port !== "number") return;
  if (uiPort === port && headless !== true) {
    throw new LocalError("usage", `${where("port")} and ${where("ui-port")} are both ${port}`, {
      hint: "Give each its own port",
    });
  }
  if (uiPort === undefined && headless !== true && port + UI_PORT_OFFSET > 65_535) {
    throw new LocalError("usage", `${where("port")} ${port} leaves no room for the UI at port + ${UI_PORT_OFFSET}`, {
      hint: "Give --ui-port, or --headless",
    });
  }
}

/** What this tool has to know itself, it must not learn from Temporal's arguments. */
function refuseOwnFlags({ value, source }: OptionValue): void {
  const flag = ownFlagAmong(value as string[]);
  if (flag === null) return;
  if (source.kind === "flag") {
    throw new LocalError("usage", `\`${flag}\` stands after \`--\`, where this tool does not see it`, {
      hint: "Give it before the `--`",
      facts: { flag },
    });
  }
  throw new LocalError("usage", `${sourceName(source)} has \`${flag}\`, where this tool does not see it`, {
    hint: "It has a setting of its own: see `stigmer-local config`",
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

/**
 * `text` with the commands that it names as they have to be typed: a home that only a flag tells has to be told to them,
 * too, or they would meet another instance.
 */
export function asTyped(text: string, { home, options }: Pick<Invocation, "home" | "options">): string {
  if (options.get("home")?.source.kind !== "flag") return text;
  return text.replaceAll(/\bstigmer-local (?!help\b)[a-z]+/g, (command) => `${command} --home ${shellWord(home)}`);
}
