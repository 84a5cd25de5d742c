import { CONFIG_ONLY } from "./config_only.ts";
import { CONNECTION_FLAGS } from "./connection_flags.ts";
import { type Flag, settable } from "./flag.ts";
import { SEARCH_ATTRIBUTE_TYPES } from "./search_attribute_types.ts";

/** Temporal's log levels. */
const LOG_LEVELS: readonly string[] = ["debug", "info", "warn", "error", "never"];

const CONFIGURING = settable([
  {
    name: "home",
    kind: "text",
    value: "DIR",
    isProjectOnly: true,
    isPath: true,
    help: "Home directory of the instance (default ~/.stigmer); in a project: .stigmer in it",
  },
  { name: "temporal-bin", kind: "text", value: "PATH", isPath: true, help: "Path of the temporal binary to run" },
  {
    name: "port",
    kind: "port",
    alias: "p",
    value: "PORT",
    setting: "port",
    mayBeAuto: true,
    help: "Port of the gRPC frontend (default 7233); auto = a free one, kept for the home",
  },
  {
    name: "ui-port",
    kind: "port",
    value: "PORT",
    setting: "uiPort",
    mayBeAuto: true,
    help: "Port of the Web UI, or auto (default: port + 1000)",
  },
  { name: "headless", kind: "boolean", setting: "headless", help: "Run without the Web UI" },
  { name: "ip", kind: "text", value: "IP", setting: "ip", help: "Address that the frontend binds (default 127.0.0.1)" },
  {
    name: "ui-ip",
    kind: "text",
    value: "IP",
    setting: "uiIp",
    help: "Address that the Web UI binds (default: that of the frontend)",
  },
  {
    name: "ui-public-path",
    kind: "text",
    value: "URL-PATH",
    setting: "uiPublicPath",
    help: "URL path of the Web UI (default /)",
  },
  {
    name: "ui-asset-path",
    kind: "text",
    value: "DIR",
    setting: "uiAssetPath",
    isPath: true,
    help: "Directory of custom UI assets",
  },
  {
    name: "ui-codec-endpoint",
    kind: "text",
    value: "URL",
    setting: "uiCodecEndpoint",
    help: "Remote codec endpoint of the Web UI",
  },
  {
    name: "ui-disable-news-fetch",
    kind: "boolean",
    setting: "uiDisableNewsFetch",
    help: "Disable the newsfeed of the Web UI (Temporal newer than 1.5)",
  },
  {
    name: "http-port",
    kind: "port",
    value: "PORT",
    setting: "httpPort",
    help: "Port of Temporal's HTTP API (default: a free one)",
  },
  {
    name: "metrics-port",
    kind: "port",
    value: "PORT",
    setting: "metricsPort",
    help: "Port of Temporal's Prometheus metrics (default: a free one)",
  },
  {
    name: "db-filename",
    kind: "text",
    alias: "f",
    value: "FILE",
    setting: "dbFilename",
    isPath: true,
    help: "SQLite database file (default: in the home)",
  },
  {
    name: "sqlite-pragma",
    kind: "pairs",
    value: "PRAGMA=VALUE",
    env: "STIGMER_SQLITE_PRAGMAS",
    key: "sqlite_pragmas",
    setting: "sqlitePragmas",
    help: "SQLite pragma of Temporal's connection (repeatable)",
  },
  {
    name: "namespace",
    kind: "texts",
    alias: "n",
    value: "NAME",
    key: "namespaces",
    otherKey: "namespace",
    setting: "namespaces",
    help: "Namespace to create (repeatable)",
  },
  {
    name: "log-level",
    kind: "text",
    value: "LEVEL",
    env: "STIGMER_TEMPORAL_LOG_LEVEL",
    choices: LOG_LEVELS,
    setting: "logLevel",
    help: `Temporal's log level: ${LOG_LEVELS.join(", ")}`,
  },
  {
    name: "log-config",
    kind: "boolean",
    setting: "logConfig",
    help: "Write Temporal's server configuration to its log",
  },
  {
    name: "search-attribute",
    kind: "pairs",
    value: "KEY=TYPE",
    env: "STIGMER_SEARCH_ATTRIBUTES",
    key: "search_attributes",
    choices: SEARCH_ATTRIBUTE_TYPES,
    setting: "searchAttributes",
    help: "Search attribute to register (repeatable)",
  },
  {
    name: "dynamic-config-value",
    kind: "jsonPairs",
    value: "KEY=JSON",
    env: "STIGMER_DYNAMIC_CONFIG",
    key: "dynamic_config",
    setting: "dynamicConfig",
    help: "Dynamic configuration value (repeatable)",
  },
  {
    name: "max-restarts",
    kind: "count",
    value: "N",
    key: "restart.max",
    policy: "maxRestarts",
    help: "Restarts within 5 minutes before the supervisor gives up (default 10, 0 = never)",
  },
]);

/** Flags that select or configure the instance; every command takes them. */
export const INSTANCE_FLAGS: readonly Flag[] = [
  ...CONFIGURING,
  {
    name: "no-project",
    kind: "boolean",
    help: "Ignore the project file, stigmer-local.yaml (also with STIGMER_PROJECT=off)",
  },
];

/** The version to launch. Only launching commands have this flag: `stigmer-local --version` is the command `version`. */
export const PICK_VERSION: Flag = {
  name: "version",
  kind: "text",
  value: "V",
  env: "STIGMER_TEMPORAL_VERSION",
  key: "version",
  help: "Version of Temporal to run, installed if missing",
};

/** All options of a project file, in display order. */
export const PROJECT_FLAGS: readonly Flag[] = [...INSTANCE_FLAGS, PICK_VERSION, ...CONFIG_ONLY, ...CONNECTION_FLAGS]
  .filter(({ key }) => key !== undefined);

/** All options of `config.yaml`, in display order. */
export const CONFIG_FLAGS: readonly Flag[] = PROJECT_FLAGS.filter(({ isProjectOnly }) => isProjectOnly !== true);
