import { COMMANDS } from "../cli/command_specs.ts";
import type { CommandLine } from "../cli/parse_args.ts";
import { CONNECTION_FLAGS } from "../config/flags/connection_flags.ts";
import { PROJECT_FLAGS } from "../config/flags/instance_flags.ts";
import { LocalError } from "../errors/local_error.ts";
import type { ProcessOptions } from "./process_options.ts";
import { didYouMean } from "../text/did_you_mean.ts";

/** A duration: seconds, or a text such as `500ms`, `90s` or `5m`. */
export type Duration = number | string;

/** A size: bytes, or a text such as `10MB`. */
export type Size = number | string;

/**
 * Options of {@linkcode startTemporal}. Each corresponds to the flag of `stigmer-local start`, or the key of `config.yaml`,
 * with that name. An omitted option comes from the environment, the project file, `config.yaml`, the running instance, or
 * the default, in that order.
 */
export interface StartOptions {
  /**
   * Start a separate server: free ports, in-memory data, no UI unless {@linkcode headless} is false or {@linkcode uiPort}
   * is given. It is removed when disposed of or when this process exits, even by SIGKILL. Ports and data in the
   * environment and files do not apply to it.
   *
   * @default {false}
   */
  ephemeral?: boolean;
  /** The home of the instance; with {@linkcode ephemeral} only the place of installed binaries. @default {"~/.stigmer", or `.stigmer` beside the project file} */
  home?: string;
  /** Port of the gRPC frontend; `auto` picks a free one and keeps it for the home. @default {7233} */
  port?: number | "auto";
  /** Port of the Web UI. @default {port + 1000} */
  uiPort?: number | "auto";
  /** Run without the Web UI. @default {false} */
  headless?: boolean;
  /** Address that the frontend binds. @default {"127.0.0.1"} */
  ip?: string;
  /** Address that the Web UI binds (default: that of the frontend). */
  uiIp?: string;
  /** URL path of the Web UI. @default {"/"} */
  uiPublicPath?: string;
  /** Directory of custom UI assets. */
  uiAssetPath?: string;
  /** Remote codec endpoint of the Web UI. */
  uiCodecEndpoint?: string;
  /** Disable the newsfeed of the Web UI (Temporal newer than 1.5). @default {false} */
  uiDisableNewsFetch?: boolean;
  /** Port of Temporal's HTTP API (default: a free one). */
  httpPort?: number;
  /** Port of Temporal's Prometheus metrics (default: a free one). */
  metricsPort?: number;
  /** SQLite database (default: one in the home). Not with {@linkcode ephemeral}. */
  dbFilename?: string;
  /** SQLite pragmas of Temporal's connection, `PRAGMA=VALUE` each. */
  sqlitePragmas?: readonly string[];
  /** Namespaces to create besides `default`; the first one is {@linkcode TemporalServer.namespace}. */
  namespaces?: readonly string[];
  /** Temporal's log level: `debug`, `info`, `warn`, `error`, `never`. */
  logLevel?: string;
  /** Write Temporal's server configuration to its log. @default {false} */
  logConfig?: boolean;
  /** Search attributes to register, `KEY=TYPE` each. */
  searchAttributes?: readonly string[];
  /** Dynamic configuration, `KEY=JSON` each. */
  dynamicConfig?: readonly string[];
  /** Further arguments for `temporal server start-dev`, passed unchanged. */
  extraArgs?: readonly string[];
  /** The temporal binary to run. */
  temporalBin?: string;
  /** The version of Temporal to run, installed if missing. */
  version?: string;
  /** Restarts within {@linkcode restartWindow} after which the supervisor gives up; 0 = never. @default {10} */
  maxRestarts?: number;
  /** Time window for counting restarts. @default {"5m"} */
  restartWindow?: Duration;
  /** Maximum backoff between restarts. @default {"30s"} */
  restartMaxDelay?: Duration;
  /** Time that Temporal has to serve to be restarted without backoff. @default {"2s"} */
  restartMinUptime?: Duration;
  /** Time between health checks. @default {"1s"} */
  healthInterval?: Duration;
  /** Timeout of a health check, at most {@linkcode healthInterval}. @default {"1s"} */
  healthTimeout?: Duration;
  /** Consecutive failed health checks before Temporal is restarted. @default {3} */
  healthFailures?: number;
  /** Time for Temporal to become ready after a launch. @default {"90s"} */
  launchTimeout?: Duration;
  /** Size at which a log is rotated. @default {"10MB"} */
  logMaxSize?: Size;
  /** Age at which rotated logs are removed. @default {"7d"} */
  logMaxAge?: Duration;
  /** Maximum total size of rotated logs; the oldest are removed first. @default {"100MB"} */
  logMaxTotal?: Size;
  /** How long to wait for Temporal to become ready, in ms. @default {120_000} */
  timeoutMs?: number;
  /**
   * Keep the logs of an {@linkcode ephemeral} server when it ends, however it does, in a new subdirectory of this
   * directory, which is created if missing. Not for other servers, whose logs stay in the home.
   */
  logsDir?: string;
  /**
   * Stop Temporal on disposal, unless it was running before. Always the case with {@linkcode ephemeral}.
   *
   * @default {false}
   */
  stopAfter?: boolean;
  /** Read the project file, stigmer-local.yaml, that is found from the working directory upwards. @default {true} */
  project?: boolean;
  /**
   * The processes beside it, by name, instead of those of the project file: {@linkcode startTemporal} resolves when each is
   * ready. @default {those of the project file; none with {@linkcode ephemeral}}
   */
  processes?: Readonly<Record<string, ProcessOptions>>;
  /** Receives what the command would print on stderr, line by line: warnings and the progress of an install. */
  onMessage?: (line: string) => void;
}

/** Options without a setting of `start`, or with other units. */
const OTHERS: readonly string[] = [
  "ephemeral",
  "extraArgs",
  "timeoutMs",
  "logsDir",
  "stopAfter",
  "onMessage",
  "project",
  "processes",
];

/** The setting of `start` for each other option, which has the name of the flag in camel case, or that of a list. */
export const OPTION_FLAGS: ReadonlyMap<string, string> = new Map(
  PROJECT_FLAGS.filter((flag) => !CONNECTION_FLAGS.includes(flag) && flag.setting !== "extraArgs")
    .map(({ name, setting }) => [setting ?? name.replaceAll(/-(\w)/g, (_, letter) => letter.toUpperCase()), name]),
);

/**
 * The command line of `start` that `options` correspond to, so that flags and options share one schema, its checks, the
 * environment and files.
 *
 * @throws {LocalError} `usage` for an unknown option, or for options that exclude each other
 */
export function commandLineOf(options: StartOptions): CommandLine {
  const { ephemeral, dbFilename, timeoutMs, extraArgs, logsDir } = options;
  const flags = new Map<string, unknown>();
  for (const [name, value] of Object.entries(options)) {
    const flag = OPTION_FLAGS.get(name);
    if (flag === undefined && !OTHERS.includes(name)) throw unknownOption(name);
    if (flag !== undefined && value !== undefined) flags.set(flag, value);
  }
  if (options.project === false) flags.set("no-project", true);
  if (timeoutMs !== undefined) flags.set("timeout", timeoutMs / 1000);
  if (ephemeral === true && dbFilename !== undefined) {
    throw new LocalError("usage", "`dbFilename` cannot be used with `ephemeral`, which keeps its data in memory");
  }
  if (ephemeral !== true && logsDir !== undefined) {
    throw new LocalError("usage", "`logsDir` requires `ephemeral`: the logs of any other server stay in its home");
  }
  return {
    command: COMMANDS.find(({ name }) => name === "start")!,
    options: flags,
    operands: [],
    passed: extraArgs === undefined ? null : [...extraArgs],
  };
}

function unknownOption(name: string): LocalError {
  const near = didYouMean(name, [...OPTION_FLAGS.keys(), ...OTHERS]);
  return new LocalError("usage", `Unknown option \`${name}\``, {
    ...(near === null ? {} : { hint: `Did you mean \`${near}\`?` }),
    facts: { option: name, suggestion: near },
  });
}
