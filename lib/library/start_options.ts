import { type Invocation, parseCommandLine, type Surroundings } from "../core/command_line.ts";
import { didYouMean } from "../core/did_you_mean.ts";
import { LocalError } from "../core/local_error.ts";

/**
 * What to start. Each option is the flag of `stigmer-local start` of that name; what is left out is what `start` without
 * that flag takes: the environment's, else whatever runs, else the default.
 */
export interface StartOptions {
  /**
   * A server of one's own: free ports, data in memory, no UI unless {@linkcode headless} is false or {@linkcode uiPort}
   * is given. Gone when it is disposed of, and when this process is, `kill -9` included. It takes nothing from the
   * environment but where the binary is.
   *
   * @default {false}
   */
  ephemeral?: boolean;
  /** The home of the instance; with {@linkcode ephemeral} only where binaries are kept. @default {"~/.stigmer"} */
  home?: string;
  /** Port of the gRPC frontend. @default {7233} */
  port?: number;
  /** Port of the Web UI. @default {port + 1000} */
  uiPort?: number;
  /** Whether there is no Web UI. @default {false} */
  headless?: boolean;
  /** Address that the frontend binds. @default {"127.0.0.1"} */
  ip?: string;
  /** Address that the Web UI binds; that of the frontend when it is left out. */
  uiIp?: string;
  /** SQLite database; one in the home when it is left out. Not with {@linkcode ephemeral}. */
  dbFilename?: string;
  /** Namespaces to create beside `default`; the first one is {@linkcode TemporalServer.namespace}. */
  namespaces?: readonly string[];
  /** Temporal's log level: `debug`, `info`, `warn`, `error`, `never`. */
  logLevel?: string;
  /** Search attributes to register, `KEY=TYPE` each. */
  searchAttributes?: readonly string[];
  /** Dynamic configuration, `KEY=JSON` each. */
  dynamicConfig?: readonly string[];
  /** Arguments for `temporal server start-dev`, as they are. */
  extraArgs?: readonly string[];
  /** The temporal binary to run. */
  temporalBin?: string;
  /** The version of Temporal to run, installed if need be. */
  version?: string;
  /** Give up after so many restarts within 5 minutes; 0 = never. @default {10} */
  maxRestarts?: number;
  /** How long to wait until Temporal serves, in ms. @default {120_000} */
  timeoutMs?: number;
  /**
   * Stop Temporal when it is disposed of, unless it ran before. Always so with {@linkcode ephemeral}.
   *
   * @default {false}
   */
  stopAfter?: boolean;
  /** Hears what the command would say on stderr: warnings, and how far an install is. One line each. */
  onMessage?: (line: string) => void;
}

/** The flags of `start` that options stand for. */
const FLAGS: Readonly<Record<string, string>> = {
  home: "home",
  port: "port",
  uiPort: "ui-port",
  headless: "headless",
  ip: "ip",
  uiIp: "ui-ip",
  dbFilename: "db-filename",
  namespaces: "namespace",
  logLevel: "log-level",
  searchAttributes: "search-attribute",
  dynamicConfig: "dynamic-config-value",
  temporalBin: "temporal-bin",
  version: "version",
  maxRestarts: "max-restarts",
};

/** Options that are no flag of `start`, or not as they are. */
const OTHERS = ["ephemeral", "extraArgs", "timeoutMs", "stopAfter", "onMessage"];

/** All that an ephemeral server takes from the environment: where the binary is. */
const EPHEMERAL_ENV = ["HOME", "PATH", "STIGMER_HOME", "STIGMER_TEMPORAL_BIN", "STIGMER_TEMPORAL_VERSION"];

/**
 * The `start` that `options` stand for, in these surroundings. They go through the command's own reading of flags, which
 * checks them and knows what the environment says where there is none.
 *
 * @throws {LocalError} `usage` for an option that is unknown or has a bad value, be it in the environment
 */
export function invocationOf(options: StartOptions, surroundings: Surroundings): Invocation {
  const { ephemeral, dbFilename, timeoutMs, extraArgs } = options;
  const args = Object.entries(options).flatMap(([name, value]) => value === undefined ? [] : flagsOf(name, value));
  if (timeoutMs !== undefined) args.push(`--timeout=${timeoutMs / 1000}`);
  if (extraArgs !== undefined) args.push("--", ...extraArgs);
  if (ephemeral !== true) return quiet(parseCommandLine(["start", ...args], surroundings));
  if (dbFilename !== undefined) {
    throw new LocalError("usage", "An ephemeral server keeps its data in memory, and has no dbFilename");
  }
  const env = Object.fromEntries(EPHEMERAL_ENV.map((name) => [name, surroundings.env[name]]));
  return quiet(parseCommandLine(["start", ...args], { ...surroundings, env }));
}

function quiet(invocation: Invocation): Invocation {
  return { ...invocation, quiet: true };
}

function flagsOf(name: string, value: unknown): string[] {
  const flag = FLAGS[name];
  if (flag !== undefined) return [value].flat().map((each) => `--${flag}=${each}`);
  if (OTHERS.includes(name)) return [];
  const near = didYouMean(name, [...Object.keys(FLAGS), ...OTHERS]);
  throw new LocalError("usage", `Unknown option \`${name}\``, {
    ...(near === null ? {} : { hint: `Did you mean \`${near}\`?` }),
    facts: { option: name, suggestion: near },
  });
}
