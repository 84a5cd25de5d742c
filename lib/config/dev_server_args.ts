import { DEFAULT_PORT, FLAGGED, type Settings, UI_PORT_OFFSET } from "./settings.ts";

/** Temporal's own default, which has to be given: without the flag, 1.8.2 logs nothing at all, not even errors. */
const DEFAULT_LOG_LEVEL = "warn";

/** The path of the Web UI as Temporal 1.8.2 needs it: with any other slashes, it redirects without end. Empty for the root. */
export function publicPath(path: string): string {
  const inner = path.replace(/^\/+|\/+$/g, "");
  return inner === "" ? "" : `/${inner}`;
}

/**
 * The arguments of a dev server with `settings`, without the program.
 *
 * `--env-file /dev/null`: without it Temporal takes missing flags, including `--port` and `--namespace`, from
 * `~/.config/temporalio/temporal.yaml` (populateFlagsFromEnv in its commands.go). The two must be separate arguments: it
 * looks for the flag before it parses flags. The profiles of `temporal.toml` only affect client commands.
 */
export function temporalArgs(settings: Settings): string[] {
  const { headless, uiPublicPath, logLevel, extraArgs } = settings;
  const given = {
    ...settings,
    logLevel: logLevel ?? DEFAULT_LOG_LEVEL,
    uiPublicPath: uiPublicPath === null ? null : publicPath(uiPublicPath) || "/",
  };
  const args = FLAGGED.filter(([key]) => !(headless && key.startsWith("ui"))).flatMap(([key, flag]) => {
    const value = given[key];
    if (typeof value === "boolean") return value ? [`--${flag}`] : [];
    return [value ?? []].flat().flatMap((each) => [`--${flag}`, `${each}`]);
  });
  return ["server", "start-dev", "--env-file", "/dev/null", ...args, ...extraArgs];
}

/**
 * The values that a dev server with `settings` gets for its flag `name`, in order, those in {@linkcode Settings.extraArgs}
 * included. Of a flag that is not repeatable, Temporal takes the last one.
 */
export function valuesOfFlag(settings: Settings, name: string): string[] {
  return parseFlags(temporalArgs(settings)).flags.flatMap((flag) => flag.name === name ? flag.value ?? [] : []);
}

/** The names of the flags that a dev server with `settings` gets. */
export function flagNames(settings: Settings): Set<string> {
  return new Set(parseFlags(temporalArgs(settings)).flags.map(({ name }) => name));
}

/**
 * The endpoints and the database of a dev server, according to its argument vector. The database is as given, perhaps
 * relative to the server's working directory.
 */
export type ParsedTemporalArgs = Pick<Settings, "port" | "uiPort" | "ip" | "uiIp" | "headless" | "dbFilename">;

/** Temporal's short flags. */
export const SHORT_FLAGS: Readonly<Record<string, string>> = {
  p: "port",
  f: "db-filename",
  n: "namespace",
  o: "output",
  h: "help",
};
/** Temporal's boolean flags. */
export const FLAGS_WITHOUT_VALUE: ReadonlySet<string> = new Set([
  "headless",
  "help",
  "log-config",
  "ui-disable-news-fetch",
  "disable-config-env",
  "disable-config-file",
  "no-json-shorthand-payloads",
]);

/**
 * Parses the argument vector of a dev server without a PID file; its first entry is the program. Null unless it is one of
 * `temporal server start-dev`.
 */
export function parseTemporalArgs(argv: readonly string[]): ParsedTemporalArgs | null {
  const { words, flags } = parseFlags(argv.slice(1));
  if (words[0] !== "server" || words[1] !== "start-dev") return null;
  const last = (name: string) => flags.findLast((flag) => flag.name === name)?.value;
  const number = (name: string) => /^\d{1,5}$/.test(last(name) ?? "") ? Number(last(name)) : null;
  const port = number("port") ?? DEFAULT_PORT;
  const ip = last("ip") ?? "localhost";
  return {
    port,
    uiPort: number("ui-port") || Math.min(port + UI_PORT_OFFSET, 65_535),
    ip: ip === "localhost" ? "127.0.0.1" : ip,
    uiIp: last("ui-ip") || null,
    headless: !["false", "f", "0", undefined].includes(last("headless")?.toLowerCase()),
    dbFilename: last("db-filename") || null,
  };
}

/** Flags that {@linkcode Settings.extraArgs} must not contain: each has its own field in {@linkcode Settings}, but `--help`. */
const OWN_FLAGS = new Set(["ip", "port", "ui-ip", "ui-port", "headless", "db-filename", "env-file", "help"]);

/** The first flag of `extraArgs` that this tool sets itself (`--port`, `-f` …), as written; null if there is none. */
export function ownFlagAmong(extraArgs: readonly string[]): string | null {
  const flag = parseFlags(extraArgs).flags.find((flag) => OWN_FLAGS.has(flag.name));
  return flag === undefined ? null : flag.written;
}

interface ParsedFlag {
  name: string;
  value: string | undefined;
  written: string;
}

/** Parses like pflag: `--name value`, `--name=value`, `-n value`, `-nvalue`, `-n=value`; the last value of a flag wins. */
function parseFlags(args: readonly string[]): { words: string[]; flags: ParsedFlag[] } {
  const words: string[] = [];
  const flags: ParsedFlag[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === "--") return { words: [...words, ...args.slice(i + 1)], flags };
    const long = /^--([^=]+)(?:=(.*))?$/s.exec(arg);
    const short = /^-([a-zA-Z])(?:=?(.+))?$/s.exec(arg);
    const letter = short?.[1];
    const name = long?.[1] ?? (letter === undefined ? undefined : SHORT_FLAGS[letter] ?? letter);
    if (name === undefined) {
      words.push(arg);
      continue;
    }
    const written = long === null ? `-${letter}` : `--${name}`;
    const inline = long?.[2] ?? short?.[2];
    if (inline !== undefined) flags.push({ name, value: inline, written });
    else if (FLAGS_WITHOUT_VALUE.has(name)) flags.push({ name, value: "true", written });
    else flags.push({ name, value: args[++i], written });
  }
  return { words, flags };
}
