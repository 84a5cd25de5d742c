import { CONNECTION_FLAGS } from "./connection_flags.ts";
import type { Flag } from "./flag.ts";
import { SEARCH_ATTRIBUTE_TYPES } from "./search_attribute.ts";

/** What Temporal calls the levels of its log. */
export const LOG_LEVELS: readonly string[] = ["debug", "info", "warn", "error", "never"];

/** What selects or describes the instance: every command takes it. */
export const INSTANCE_FLAGS: readonly Flag[] = [
  {
    name: "home",
    kind: "text",
    value: "DIR",
    env: "STIGMER_HOME",
    isPath: true,
    help: "Home of the instance (default ~/.stigmer)",
  },
  {
    name: "temporal-bin",
    kind: "text",
    value: "PATH",
    env: "STIGMER_TEMPORAL_BIN",
    key: "temporal_bin",
    isPath: true,
    help: "The temporal binary to run",
  },
  {
    name: "port",
    kind: "port",
    alias: "p",
    value: "PORT",
    env: "STIGMER_PORT",
    key: "port",
    setting: "port",
    help: "Port of the gRPC frontend (default 7233)",
  },
  {
    name: "ui-port",
    kind: "port",
    value: "PORT",
    env: "STIGMER_UI_PORT",
    key: "ui_port",
    setting: "uiPort",
    help: "Port of the Web UI (default: port + 1000)",
  },
  {
    name: "headless",
    kind: "boolean",
    env: "STIGMER_HEADLESS",
    key: "headless",
    setting: "headless",
    help: "No Web UI",
  },
  {
    name: "ip",
    kind: "text",
    value: "IP",
    env: "STIGMER_IP",
    key: "ip",
    setting: "ip",
    help: "Address of the frontend (default 127.0.0.1)",
  },
  {
    name: "ui-ip",
    kind: "text",
    value: "IP",
    env: "STIGMER_UI_IP",
    key: "ui_ip",
    setting: "uiIp",
    help: "Address of the Web UI (default: that of the frontend)",
  },
  {
    name: "ui-public-path",
    kind: "text",
    value: "URL-PATH",
    env: "STIGMER_UI_PUBLIC_PATH",
    key: "ui_public_path",
    setting: "uiPublicPath",
    help: "The path that the Web UI is under (default /)",
  },
  {
    name: "ui-asset-path",
    kind: "text",
    value: "DIR",
    env: "STIGMER_UI_ASSET_PATH",
    key: "ui_asset_path",
    setting: "uiAssetPath",
    isPath: true,
    help: "Files of one's own for the Web UI",
  },
  {
    name: "ui-codec-endpoint",
    kind: "text",
    value: "URL",
    env: "STIGMER_UI_CODEC_ENDPOINT",
    key: "ui_codec_endpoint",
    setting: "uiCodecEndpoint",
    help: "Where the Web UI has payloads decoded",
  },
  {
    name: "metrics-port",
    kind: "port",
    value: "PORT",
    env: "STIGMER_METRICS_PORT",
    key: "metrics_port",
    setting: "metricsPort",
    help: "Port of Temporal's Prometheus metrics (default: any free one)",
  },
  {
    name: "db-filename",
    kind: "text",
    alias: "f",
    value: "FILE",
    env: "STIGMER_DB_FILENAME",
    key: "db_filename",
    setting: "dbFilename",
    isPath: true,
    help: "SQLite database (default in the home)",
  },
  {
    name: "namespace",
    kind: "texts",
    alias: "n",
    value: "NAME",
    env: "STIGMER_NAMESPACE",
    key: "namespaces",
    otherKey: "namespace",
    setting: "namespaces",
    help: "Namespace to create; may be repeated",
  },
  {
    name: "log-level",
    kind: "text",
    value: "LEVEL",
    env: "STIGMER_TEMPORAL_LOG_LEVEL",
    key: "log_level",
    choices: LOG_LEVELS,
    setting: "logLevel",
    help: `Temporal's log level: ${LOG_LEVELS.join(", ")}`,
  },
  {
    name: "search-attribute",
    kind: "pairs",
    value: "KEY=TYPE",
    env: "STIGMER_SEARCH_ATTRIBUTES",
    key: "search_attributes",
    choices: SEARCH_ATTRIBUTE_TYPES,
    setting: "searchAttributes",
    help: "Search attribute to register; may be repeated",
  },
  {
    name: "dynamic-config-value",
    kind: "jsonPairs",
    value: "KEY=JSON",
    env: "STIGMER_DYNAMIC_CONFIG",
    key: "dynamic_config",
    setting: "dynamicConfig",
    help: "Dynamic configuration; may be repeated",
  },
  {
    name: "max-restarts",
    kind: "count",
    value: "N",
    env: "STIGMER_MAX_RESTARTS",
    key: "restart.max",
    help: "Give up after N restarts within 5 minutes (default 10, 0 = never)",
  },
];

/** Which Temporal a launch runs; a flag of the commands that launch, since on its own it is the command `version`. */
export const PICK_VERSION: Flag = {
  name: "version",
  kind: "text",
  value: "V",
  env: "STIGMER_TEMPORAL_VERSION",
  key: "version",
  help: "Run Temporal V, installed if it is not there",
};

/** What no flag sets, but the environment and `config.yaml` do. */
export const CONFIG_ONLY: readonly Flag[] = [
  {
    name: "extra-args",
    kind: "texts",
    value: "ARGS",
    env: "STIGMER_EXTRA_ARGS",
    key: "extra_args",
    setting: "extraArgs",
    help: "Arguments for `temporal server start-dev`, as those after `--`",
  },
];

/** All that `config.yaml` can say, in the order in which it is told. */
export const CONFIG_FLAGS: readonly Flag[] = [
  ...INSTANCE_FLAGS,
  PICK_VERSION,
  ...CONFIG_ONLY,
  ...CONNECTION_FLAGS,
]
  .filter(({ key }) => key !== undefined);
