import { isObject, isTexts } from "../text/json_value.ts";

/** The settings that a Temporal dev server is launched with. */
export interface Settings {
  /** Port of the gRPC frontend. */
  port: number;
  /** Port of the Web UI; unused when {@linkcode headless}. */
  uiPort: number;
  /** The address that the frontend binds. */
  ip: string;
  /** The address that the Web UI binds; null = {@linkcode ip}. */
  uiIp: string | null;
  headless: boolean;
  /** Absolute path of the SQLite database; null = in memory. */
  dbFilename: string | null;
  /** Namespaces to create besides `default`. */
  namespaces: string[];
  /** Temporal's own log level; null = its default. */
  logLevel: string | null;
  /** `KEY=TYPE` each. */
  searchAttributes: string[];
  /** `KEY=VALUE` each. */
  dynamicConfig: string[];
  /** Port of the Prometheus metrics; null = Temporal picks a free one. */
  metricsPort: number | null;
  /** URL path of the Web UI, such as `/temporal`; null = `/`. */
  uiPublicPath: string | null;
  /** Directory of custom UI assets. */
  uiAssetPath: string | null;
  /** Remote codec endpoint of the Web UI. */
  uiCodecEndpoint: string | null;
  /** The Web UI does not fetch news. */
  uiDisableNewsFetch: boolean;
  /** Port of the HTTP API; null = Temporal picks a free one. */
  httpPort: number | null;
  /** `PRAGMA=VALUE` each, for Temporal's connection to its database. */
  sqlitePragmas: string[];
  /** Temporal writes its server configuration to its log. */
  logConfig: boolean;
  /** Further arguments for `temporal server start-dev`, passed unchanged. */
  extraArgs: string[];
}

/** Requested settings. A port of `auto` is chosen once and kept for the home. */
export type RequestedSettings = Partial<Omit<Settings, "port" | "uiPort">> & {
  port?: number | "auto";
  uiPort?: number | "auto";
};

/** Temporal's default. */
export const DEFAULT_PORT = 7233;
/** Temporal's default distance between the ports of the frontend and the UI. */
export const UI_PORT_OFFSET = 1000;

type Test = (value: unknown) => boolean;
const isText: Test = (value) => typeof value === "string";
const isBoolean: Test = (value) => typeof value === "boolean";
const orNull = (accepts: Test): Test => (value) => value === null || accepts(value);

/**
 * Of each setting: the name of its flag, here, in messages and in the arguments for Temporal, its default, and what a parsed
 * value must be. In the order of the arguments: one that an earlier version launched is recognized by them.
 */
const RULES: { readonly [Key in keyof Settings]: { flag: string; fallback: Settings[Key]; accepts: Test } } = {
  ip: { flag: "ip", fallback: "127.0.0.1", accepts: isText },
  port: { flag: "port", fallback: DEFAULT_PORT, accepts: isPort },
  headless: { flag: "headless", fallback: false, accepts: isBoolean },
  uiPort: { flag: "ui-port", fallback: DEFAULT_PORT + UI_PORT_OFFSET, accepts: isPort },
  uiIp: { flag: "ui-ip", fallback: null, accepts: orNull(isText) },
  uiPublicPath: { flag: "ui-public-path", fallback: null, accepts: orNull(isText) },
  uiAssetPath: { flag: "ui-asset-path", fallback: null, accepts: orNull(isText) },
  uiCodecEndpoint: { flag: "ui-codec-endpoint", fallback: null, accepts: orNull(isText) },
  uiDisableNewsFetch: { flag: "ui-disable-news-fetch", fallback: false, accepts: isBoolean },
  dbFilename: { flag: "db-filename", fallback: null, accepts: orNull(isText) },
  metricsPort: { flag: "metrics-port", fallback: null, accepts: orNull(isPort) },
  httpPort: { flag: "http-port", fallback: null, accepts: orNull(isPort) },
  logConfig: { flag: "log-config", fallback: false, accepts: isBoolean },
  logLevel: { flag: "log-level", fallback: null, accepts: orNull(isText) },
  namespaces: { flag: "namespace", fallback: [], accepts: isTexts },
  searchAttributes: { flag: "search-attribute", fallback: [], accepts: isTexts },
  dynamicConfig: { flag: "dynamic-config-value", fallback: [], accepts: isTexts },
  sqlitePragmas: { flag: "sqlite-pragma", fallback: [], accepts: isTexts },
  extraArgs: { flag: "what follows --", fallback: [], accepts: isTexts },
};

const KEYS = Object.keys(RULES) as (keyof Settings)[];

/** The settings with a flag of their own, all but {@linkcode Settings.extraArgs}, in the order of the arguments for Temporal. */
export const FLAGGED: readonly (readonly [key: keyof Settings, flag: string])[] = KEYS
  .filter((key) => key !== "extraArgs").map((key) => [key, RULES[key].flag]);

const DEFAULTS = Object.fromEntries(KEYS.map((key) => [key, RULES[key].fallback])) as unknown as Settings;

/**
 * Complete settings: the requested ones, else those of `base` (the running or last instance), else the defaults. The UI
 * port follows that of the frontend, unless it was set separately.
 */
export function completeSettings(
  requested: Partial<Settings>,
  defaultDatabase: string,
  base: Settings = { ...DEFAULTS, dbFilename: defaultDatabase },
): Settings {
  // Of a request, only what is known here: a newer command line may have more settings.
  const settings = Object.fromEntries(
    KEYS.map((key) => [key, requested[key] === undefined ? base[key] : requested[key]]),
  ) as unknown as Settings;
  const uiFollows = requested.uiPort === undefined && base.uiPort === uiPortOf(base.port);
  return uiFollows ? { ...settings, uiPort: uiPortOf(settings.port) } : settings;
}

/** Temporal's default UI port for a frontend on `port`, limited to the last port. */
function uiPortOf(port: number): number {
  return Math.min(port + UI_PORT_OFFSET, 65_535);
}

/** A requested setting that differs from the running one. */
export interface SettingDifference {
  /** The name of its flag, without the dashes. */
  setting: string;
  running: unknown;
  asked: unknown;
}

/**
 * The requested settings that differ from `running`. Settings that were not requested never differ: a plain `start` reuses
 * an instance on any port, and so does `auto`. Nor does what can be added to a running Temporal ({@linkcode withAdded}).
 * The order of repeated settings only matters for {@linkcode Settings.extraArgs}.
 */
export function settingsDifferences(requested: RequestedSettings, running: Settings): SettingDifference[] {
  const differences: SettingDifference[] = [];
  for (const key of KEYS) {
    const wanted = requested[key];
    if (wanted === undefined || isAnyPort(key, wanted) || comparable(key, wanted) === comparable(key, running[key])) {
      continue;
    }
    if (isAddition(key, wanted, running)) continue;
    differences.push({ setting: RULES[key].flag, running: running[key], asked: wanted });
  }
  return differences;
}

/** Settings of which more can be created while Temporal runs. */
const ADDABLE = ["namespaces", "searchAttributes"] as const;

/** Whether `wanted` is what `running` has of this setting, and more. */
function isAddition(key: keyof Settings, wanted: RequestedSettings[keyof Settings], running: Settings): boolean {
  const addable = ADDABLE.find((each) => each === key);
  return addable !== undefined && Array.isArray(wanted) && running[addable].every((each) => wanted.includes(each));
}

/**
 * The settings of a running Temporal after what `requested` has beside them was created: namespaces and search attributes.
 * `running` itself if that is nothing.
 */
export function withAdded(running: Settings, requested: RequestedSettings): Settings {
  const added = ADDABLE.filter((key) => {
    const wanted = requested[key];
    return wanted !== undefined && isAddition(key, wanted, running) &&
      comparable(key, wanted) !== comparable(key, running[key]);
  });
  return added.length === 0
    ? running
    : { ...running, ...Object.fromEntries(added.map((key) => [key, [...new Set(requested[key])]])) };
}

function isAnyPort(key: keyof Settings, wanted: RequestedSettings[keyof Settings]): boolean {
  return (key === "port" || key === "uiPort") && wanted === "auto";
}

function comparable(key: keyof Settings, value: Settings[keyof Settings]): string {
  return JSON.stringify(Array.isArray(value) && key !== "extraArgs" ? [...new Set(value)].sort() : value);
}

/** The namespaces that must exist before an instance is ready; the first one is the instance's default. */
export function expectedNamespaces(settings: Settings): string[] {
  return settings.namespaces.length === 0 ? ["default"] : [...settings.namespaces];
}

/** Whether `value`, parsed from untrusted JSON, is a {@linkcode Settings}. */
export function isSettings(value: unknown): value is Settings {
  return isObject(value) && KEYS.every((key) => RULES[key].accepts(value[key]));
}

/** The settings in `value`, parsed from a file of this or an earlier version; null if it has none. */
export function readSettings(value: unknown): Settings | null {
  if (!isObject(value)) return null;
  const { uiDisableNewsFetch, httpPort, sqlitePragmas, logConfig } = DEFAULTS; // earlier files do not have them
  const settings: unknown = { uiDisableNewsFetch, httpPort, sqlitePragmas, logConfig, ...value };
  return isSettings(settings) ? settings : null;
}

/** Whether `value` is a TCP port that a server can listen on, from 1 to 65535. */
export function isPort(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 65_535;
}
