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

/**
 * Complete settings: the requested ones, else those of `base` (the running or last instance), else the defaults. The UI
 * port follows that of the frontend, unless it was set separately.
 */
export function completeSettings(
  requested: Partial<Settings>,
  defaultDatabase: string,
  base?: Settings,
): Settings {
  const port = requested.port ?? base?.port ?? DEFAULT_PORT;
  const uiFollows = base === undefined || base.uiPort === uiPortOf(base.port);
  return {
    port,
    uiPort: requested.uiPort ?? (uiFollows ? uiPortOf(port) : base.uiPort),
    ip: requested.ip ?? base?.ip ?? "127.0.0.1",
    uiIp: requested.uiIp ?? base?.uiIp ?? null,
    headless: requested.headless ?? base?.headless ?? false,
    dbFilename: requested.dbFilename !== undefined
      ? requested.dbFilename
      : base !== undefined
      ? base.dbFilename
      : defaultDatabase,
    namespaces: requested.namespaces ?? base?.namespaces ?? [],
    logLevel: requested.logLevel ?? base?.logLevel ?? null,
    searchAttributes: requested.searchAttributes ?? base?.searchAttributes ?? [],
    dynamicConfig: requested.dynamicConfig ?? base?.dynamicConfig ?? [],
    metricsPort: requested.metricsPort ?? base?.metricsPort ?? null,
    uiPublicPath: requested.uiPublicPath ?? base?.uiPublicPath ?? null,
    uiAssetPath: requested.uiAssetPath ?? base?.uiAssetPath ?? null,
    uiCodecEndpoint: requested.uiCodecEndpoint ?? base?.uiCodecEndpoint ?? null,
    uiDisableNewsFetch: requested.uiDisableNewsFetch ?? base?.uiDisableNewsFetch ?? false,
    httpPort: requested.httpPort ?? base?.httpPort ?? null,
    sqlitePragmas: requested.sqlitePragmas ?? base?.sqlitePragmas ?? [],
    logConfig: requested.logConfig ?? base?.logConfig ?? false,
    extraArgs: requested.extraArgs ?? base?.extraArgs ?? [],
  };
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

/** The name of each setting in messages: that of its flag. */
export const FLAG_NAMES: Readonly<Record<keyof Settings, string>> = {
  port: "port",
  uiPort: "ui-port",
  ip: "ip",
  uiIp: "ui-ip",
  headless: "headless",
  dbFilename: "db-filename",
  namespaces: "namespace",
  logLevel: "log-level",
  searchAttributes: "search-attribute",
  dynamicConfig: "dynamic-config-value",
  metricsPort: "metrics-port",
  uiPublicPath: "ui-public-path",
  uiAssetPath: "ui-asset-path",
  uiCodecEndpoint: "ui-codec-endpoint",
  uiDisableNewsFetch: "ui-disable-news-fetch",
  httpPort: "http-port",
  sqlitePragmas: "sqlite-pragma",
  logConfig: "log-config",
  extraArgs: "what follows --",
};

/**
 * The requested settings that differ from `running`. Settings that were not requested never differ: a plain `start` reuses
 * an instance on any port, and so does `auto`. Nor does what can be added to a running Temporal ({@linkcode withAdded}).
 * The order of repeated settings only matters for {@linkcode Settings.extraArgs}.
 */
export function settingsDifferences(requested: RequestedSettings, running: Settings): SettingDifference[] {
  const differences: SettingDifference[] = [];
  for (const key of Object.keys(FLAG_NAMES) as (keyof Settings)[]) {
    const wanted = requested[key];
    if (wanted === undefined || isAnyPort(key, wanted) || comparable(key, wanted) === comparable(key, running[key])) {
      continue;
    }
    if (isAddition(key, wanted, running)) continue;
    differences.push({ setting: FLAG_NAMES[key], running: running[key], asked: wanted });
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
  if (typeof value !== "object" || value === null) return false;
  const settings = value as Record<keyof Settings, unknown>;
  const isText = (entry: unknown) => typeof entry === "string";
  const isTextOrNull = (entry: unknown) => entry === null || isText(entry);
  const isTexts = (entry: unknown) => Array.isArray(entry) && entry.every(isText);
  return isPort(settings.port) && isPort(settings.uiPort) && isText(settings.ip) && isTextOrNull(settings.uiIp) &&
    typeof settings.headless === "boolean" && isTextOrNull(settings.dbFilename) && isTexts(settings.namespaces) &&
    isTextOrNull(settings.logLevel) && isTexts(settings.searchAttributes) && isTexts(settings.dynamicConfig) &&
    (settings.metricsPort === null || isPort(settings.metricsPort)) && isTextOrNull(settings.uiPublicPath) &&
    isTextOrNull(settings.uiAssetPath) && isTextOrNull(settings.uiCodecEndpoint) &&
    typeof settings.uiDisableNewsFetch === "boolean" && (settings.httpPort === null || isPort(settings.httpPort)) &&
    isTexts(settings.sqlitePragmas) && typeof settings.logConfig === "boolean" && isTexts(settings.extraArgs);
}

/** Settings that the files of earlier versions do not have. */
const ADDED_LATER: Partial<Settings> = {
  uiDisableNewsFetch: false,
  httpPort: null,
  sqlitePragmas: [],
  logConfig: false,
};

/** The settings in `value`, parsed from a file of this or an earlier version; null if it has none. */
export function readSettings(value: unknown): Settings | null {
  if (typeof value !== "object" || value === null) return null;
  const settings: unknown = { ...ADDED_LATER, ...value };
  return isSettings(settings) ? settings : null;
}

/** Whether `value` is a TCP port that a server can listen on, from 1 to 65535. */
export function isPort(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 65_535;
}
