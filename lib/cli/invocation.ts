import { ownFlagAmong } from "../config/dev_server_args.ts";
import type { ConfigFile } from "../config/file/config_file.ts";
import { checkedValue, fromConfig, fromEnvironment, type OptionValue, refuseNul } from "../config/flags/flag_values.ts";
import type { Flag } from "../config/flags/flag.ts";
import { isExternal } from "../config/flags/is_external.ts";
import { pickBinary } from "../config/flags/pick_binary.ts";
import { type SettingSource, sourceName } from "../config/flags/setting_source.ts";
import { DEFAULT_POLICY, type Policy } from "../config/policy.ts";
import type { ProcessSettings } from "../config/processes.ts";
import { type RequestedSettings, UI_PORT_OFFSET } from "../config/settings.ts";
import type { Failure } from "../errors/failure.ts";
import { LocalError } from "../errors/local_error.ts";
import { absolutePath, PROJECT_HOME_NAME } from "../instance/paths.ts";
import type { Project } from "../project/load_project.ts";
import type { CommandSpec } from "./command_spec.ts";
import { settingsOf } from "./command_specs.ts";
import type { CommandLine } from "./parse_args.ts";

/** A parsed command line with its environment, its project file and `config.yaml` applied. */
export interface Invocation {
  command: CommandSpec;
  /** Absolute. */
  home: string;
  /** The project that counts; null = none. */
  project: Project | null;
  /** The files whose settings count; the first has precedence. */
  files: readonly ConfigFile[];
  /** The requested settings, from any source; the rest comes from the running instance or the defaults. */
  requested: RequestedSettings;
  /** The namespace that `--namespace` selects; null = the instance's own. */
  namespace: string | null;
  /** The requested binary, absolute; null = the resolution chain decides. */
  temporalBin: string | null;
  /** The requested version of the managed binary; null = the one selected in the home, or the default. */
  temporalVersion: string | null;
  /** The requested part of the policy. */
  policy: Partial<Policy>;
  /** Why a file with settings is ignored; missing if each is used or does not exist. */
  configFailure?: Failure;
  /** Whether this tool runs Temporal; false = it connects to an external one. */
  managed: boolean;
  json: boolean;
  quiet: boolean;
  verbose: boolean;
  /** `--help` was given. */
  help: boolean;
  /** The values of the command's own flags, by name. */
  commandOptions: Readonly<Record<string, string | number | boolean | undefined>>;
  /** The values from flags, the environment and files, by the name of the flag. */
  options: ReadonlyMap<string, OptionValue>;
  /** The processes beside Temporal that a project declares; missing without a project file. */
  processes?: readonly ProcessSettings[];
  /** The processes that the command line names; missing = all, and Temporal. */
  names?: readonly string[];
  /** The operands; for `run` the command to run, for `temporal` its arguments. */
  operands: readonly string[];
}

/** The context in which a command line is read. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** The project that counts in `cwd`; null or missing = none. */
  project?: Project | null;
}

/**
 * The absolute home that a command line selects: the one that is named, else that of the project, else `~/.stigmer`. Its
 * `config.yaml` can only be read once the home is known.
 *
 * @throws {LocalError} `usage`, `home-unusable`
 */
export function homeOf(line: CommandLine, surroundings: Surroundings): string {
  const { project = null, env } = surroundings;
  const flag = settingsOf(line.command).find(({ name }) => name === "home")!;
  const home = optionValue(flag, line, surroundings, project === null ? [] : [project.file]);
  if (home !== null) return String(home.value);
  return project === null ? defaultHome(env) : absolutePath(`../${PROJECT_HOME_NAME}`, project.path);
}

/**
 * `path` made absolute as in a setting: `~` is the user's home directory, and relative paths start at `folder`.
 */
export function settingPath(path: string, folder: string, env: Surroundings["env"]): string {
  return absolutePath(expandHome(path, env), folder);
}

/**
 * The invocation of a command line in its surroundings. Flags take precedence over the environment, and both over `files`.
 *
 * @param files The files with settings; the first takes precedence.
 * @throws {LocalError} `usage` for a missing or an invalid value, or for values that exclude each other
 */
export function invocationOf(
  line: CommandLine,
  surroundings: Surroundings,
  files: readonly ConfigFile[],
): Invocation {
  const { command, operands, passed } = line;
  const { env } = surroundings;
  const options = new Map<string, OptionValue>();
  for (const flag of settingsOf(command)) {
    const found = optionValue(flag, line, surroundings, files);
    if (found !== null) options.set(flag.name, found);
  }
  const namespace = takeSelection(line, surroundings, files, options);
  const takesNames = command.operands === "[NAME…]";
  const surplus = takesNames
    ? operands.find((name) => !/^\w[\w.-]*$/.test(name))
    : operands[command.operands === undefined ? 0 : 1];
  if (surplus !== undefined) {
    throw new LocalError("usage", `Unexpected argument \`${surplus}\` for \`${command.name}\``, {
      hint: command.afterDashes === undefined
        ? `See \`stigmer-local help ${command.name}\``
        : `Put the ${command.afterDashes} after \`--\``,
    });
  }
  const home = homeOf(line, surroundings);
  if (command.afterDashes === "arguments for Temporal" && passed !== null) {
    const source: SettingSource = { kind: "flag", name: "--" };
    refuseNul(passed, source);
    options.set("extra-args", { value: passed, source });
  }
  const own = command.flags.map(({ name }) => [name, options.get(name)?.value]);
  const isOn = (name: string) => options.get(name)?.value === true;
  return {
    command,
    home,
    project: surroundings.project ?? null,
    files,
    ...(surroundings.project ? { processes: files.flatMap(({ processes }) => processes) } : {}),
    ...pickBinary(options, command.name === "install"),
    ...requestsIn(command, options),
    namespace,
    managed: !isExternal(options),
    json: isOn("json"),
    quiet: isOn("quiet"),
    verbose: isOn("verbose") || env["STIGMER_LOG_LEVEL"] === "debug",
    help: isOn("help"),
    commandOptions: Object.fromEntries(own) as Invocation["commandOptions"],
    options,
    operands: command.afterDashes === "command" || command.passesOn === true ? passed ?? [] : operands,
    ...(takesNames && operands.length > 0 ? { names: operands } : {}),
  };
}

/**
 * Takes `--namespace` out of `options` for a command where it selects one: what is requested comes from the environment
 * and files then. An ephemeral or an external Temporal has no others to select from.
 *
 * @throws {LocalError} `usage` if it is given more than once
 */
function takeSelection(
  line: CommandLine,
  surroundings: Surroundings,
  files: readonly ConfigFile[],
  options: Map<string, OptionValue>,
): string | null {
  const found = options.get("namespace");
  if (found?.source.kind !== "flag" || line.command.selectsNamespace !== true) return null;
  if (isExternal(options) || options.get("ephemeral")?.value === true) return null;
  const [selected, second] = found.value as string[];
  if (second !== undefined) {
    throw new LocalError("usage", `--namespace selects one namespace for \`${line.command.name}\``, {
      hint: "Declare namespaces with `stigmer-local start`, or in config.yaml",
    });
  }
  const flag = settingsOf(line.command).find(({ name }) => name === "namespace")!;
  const others = new Map([...line.options].filter(([name]) => name !== "namespace"));
  const declared = optionValue(flag, { ...line, options: others }, surroundings, files);
  if (declared === null) options.delete("namespace");
  else options.set("namespace", declared);
  return selected!;
}

/** The part of an invocation that its flags request, without the environment and files. */
export function requestedByFlags(
  { command, options }: Invocation,
): Pick<Invocation, "requested" | "policy" | "temporalBin"> {
  const byFlag = new Map([...options].filter(([, { source }]) => source.kind === "flag"));
  return { ...requestsIn(command, byFlag), temporalBin: pickBinary(byFlag).temporalBin };
}

/** The value of a flag from the command line, the environment or `files`, in that order. Checks only that one. */
function optionValue(
  flag: Flag,
  line: CommandLine,
  { env, cwd }: Surroundings,
  files: readonly ConfigFile[],
): OptionValue | null {
  const checked = (raw: unknown, source: SettingSource, folder: string): OptionValue => {
    const value = checkedValue(flag, raw, source);
    return { value: flag.isPath === true ? settingPath(String(value), folder, env) : value, source };
  };
  const raw = line.options.get(flag.name);
  if (raw !== undefined) return checked(raw, { kind: "flag", name: `--${flag.name}` }, cwd);
  const fromEnv = fromEnvironment(flag, env);
  if (fromEnv !== undefined) return checked(fromEnv, { kind: "environment", name: flag.env! }, cwd);
  const file = files.find(({ values }) => values.has(flag.name));
  if (file === undefined) return null;
  const source = sourceIn(file, flag.name)!;
  return checked(fromConfig(flag, file.values.get(flag.name)!.node, source), source, `${file.path}/..`);
}

/** The source of the value that `file` has for the flag called `name`; null if it has none. */
export function sourceIn({ path, kind, values }: ConfigFile, name: string): SettingSource | null {
  const value = values.get(name);
  if (value === undefined) return null;
  const { line, key } = value;
  return { kind: "file", path, line, key, ...(kind === "project" ? { isProject: true } : {}) };
}

/** What `options` request of a launch and of the supervisor. */
function requestsIn(
  command: CommandSpec,
  options: ReadonlyMap<string, OptionValue>,
): Pick<Invocation, "requested" | "policy"> {
  const requested: RequestedSettings = {};
  const policy: Partial<Policy> = {};
  for (const flag of settingsOf(command)) {
    const value = options.get(flag.name)?.value;
    if (value === undefined) continue;
    if (flag.setting !== undefined) Object.assign(requested, { [flag.setting]: value });
    if (flag.policy !== undefined) policy[flag.policy] = value as number;
  }
  const extraArgs = options.get("extra-args");
  if (extraArgs !== undefined) refuseOwnFlags(extraArgs);
  refusePortClash(requested, options);
  refuseSlowChecks(policy, options);
  return { requested, policy };
}

function refuseSlowChecks(policy: Partial<Policy>, options: ReadonlyMap<string, OptionValue>): void {
  const { healthTimeoutS = 0, healthIntervalS = DEFAULT_POLICY.healthIntervalS } = policy;
  if (healthTimeoutS <= healthIntervalS) return;
  const where = sourceName(options.get("health-timeout")!.source);
  throw new LocalError("usage", `${where} is longer than the health check interval`, {
    hint: "Increase health.interval or decrease health.timeout",
  });
}

function refusePortClash(requested: RequestedSettings, options: ReadonlyMap<string, OptionValue>): void {
  const { port, uiPort, headless } = requested;
  const where = (name: string) => sourceName(options.get(name)!.source);
  if (typeof port !== "number") return;
  if (uiPort === port && headless !== true) {
    throw new LocalError("usage", `${where("port")} and ${where("ui-port")} are both ${port}`, {
      hint: "Choose different ports",
    });
  }
  if (uiPort === undefined && headless !== true && port + UI_PORT_OFFSET > 65_535) {
    throw new LocalError("usage", `${where("port")} ${port} leaves no room for the UI at port + ${UI_PORT_OFFSET}`, {
      hint: "Set --ui-port or --headless",
    });
  }
}

/** Refuses Temporal's arguments for settings that this tool must know itself. */
function refuseOwnFlags({ value, source }: OptionValue): void {
  const flag = ownFlagAmong(value as string[]);
  if (flag === null) return;
  if (source.kind === "flag") {
    throw new LocalError("usage", `\`${flag}\` cannot be passed to Temporal after \`--\``, {
      hint: "Put it before the `--`",
      facts: { flag },
    });
  }
  throw new LocalError("usage", `${sourceName(source)} cannot contain \`${flag}\``, {
    hint: "Use its own setting instead: see `stigmer-local config`",
    facts: { flag },
  });
}

function expandHome(path: string, env: Surroundings["env"]): string {
  return path === "~" || path.startsWith("~/") ? `${env["HOME"] ?? ""}${path.slice(1)}` : path;
}

function defaultHome(env: Surroundings["env"]): string {
  const home = env["HOME"];
  if (home === undefined || !home.startsWith("/")) {
    throw new LocalError("home-unusable", "Cannot determine the home: $HOME is not set", {
      hint: "Set STIGMER_HOME or use --home DIR",
    });
  }
  return absolutePath(`${home}/.stigmer`, "/");
}
