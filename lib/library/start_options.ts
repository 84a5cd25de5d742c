import { COMMANDS } from "../cli/command_specs.ts";
import type { CommandLine } from "../cli/parse_args.ts";
import { LocalError } from "../errors/local_error.ts";
import { didYouMean } from "../text/did_you_mean.ts";

/**
 * What to start. Each option is the flag of `stigmer-local start` of that name; what is left out is what `start` without
 * that flag takes: what the environment or `config.yaml` says, else whatever runs, else the default.
 */
export interface StartOptions {
  /**
   * A server of one's own: free ports, data in memory, no UI unless {@linkcode headless} is false or {@linkcode uiPort}
   * is given. Gone when it is disposed of, and when this process is, `kill -9` included. The environment and
   * `config.yaml` say nothing of its ports and data.
   *
   * @default {false}
   */
  ephemeral?: boolean;
  /** The home of the instance; with {@linkcode ephemeral} only where binaries are kept. @default {"~/.stigmer"} */
  home?: string;
  /** Port of the gRPC frontend; `auto` is any, and the same each time in one home. @default {7233} */
  port?: number | "auto";
  /** Port of the Web UI. @default {port + 1000} */
  uiPort?: number | "auto";
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

/**
 * The `start` that `options` stand for, as if it had been read from a command line: one schema knows which values are
 * right, and what the environment and `config.yaml` say where nothing was given.
 *
 * @throws {LocalError} `usage` for an option that is unknown, or can't be meant with another
 */
export function commandLineOf(options: StartOptions): CommandLine {
  const { ephemeral, dbFilename, timeoutMs, extraArgs } = options;
  const flags = new Map<string, unknown>();
  for (const [name, value] of Object.entries(options)) {
    const flag = FLAGS[name];
    if (flag === undefined && !OTHERS.includes(name)) throw unknownOption(name);
    if (flag !== undefined && value !== undefined) flags.set(flag, value);
  }
  if (timeoutMs !== undefined) flags.set("timeout", timeoutMs / 1000);
  if (ephemeral === true && dbFilename !== undefined) {
    throw new LocalError("usage", "An ephemeral server keeps its data in memory, and has no dbFilename");
  }
  return {
    command: COMMANDS.find(({ name }) => name === "start")!,
    options: flags,
    operands: [],
    passed: extraArgs === undefined ? null : [...extraArgs],
  };
}

function unknownOption(name: string): LocalError {
  const near = didYouMean(name, [...Object.keys(FLAGS), ...OTHERS]);
  return new LocalError("usage", `Unknown option \`${name}\``, {
    ...(near === null ? {} : { hint: `Did you mean \`${near}\`?` }),
    facts: { option: name, suggestion: near },
  });
}
