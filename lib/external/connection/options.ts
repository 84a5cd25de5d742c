import type { OptionValue } from "../../config/flags/flag_values.ts";
import { sourceName } from "../../config/flags/setting_source.ts";
import { absolutePath } from "../../instance/paths.ts";
import type { ClientProfile, ConnectionKey, Sourced } from "./profile.ts";

/** The connection to an external Temporal according to our own settings. */
export interface ConnectionOptions {
  profile: ClientProfile;
  /** The requested profile of `temporal.toml`. */
  profileName: Sourced<string> | null;
  /** The absolute path of the requested `temporal.toml`. */
  configFile: Sourced<string> | null;
}

/** The bases of relative paths; those in a file start at its directory. */
export interface Bases {
  cwd: string;
  /** The expansion of `~`. */
  userHome: string;
}

const KEYS: readonly [flag: string, key: ConnectionKey, isPath: boolean][] = [
  ["address", "address", false],
  ["tls", "tls", false],
  ["api-key-file", "apiKeyFile", true],
  ["tls-ca-path", "serverCaPath", true],
  ["tls-cert-path", "clientCertPath", true],
  ["tls-key-path", "clientKeyPath", true],
  ["tls-server-name", "serverName", false],
  ["tls-disable-host-verification", "disableHostVerification", false],
];

/** Reads the connection to an external Temporal from `options`. */
export function connectionOptions(options: ReadonlyMap<string, OptionValue>, bases: Bases): ConnectionOptions {
  const sourced = (flag: string, isPath: boolean): Sourced<unknown> | null => {
    const found = options.get(flag);
    if (found === undefined) return null;
    const { value, source } = found;
    const base = source.kind === "file" ? `${source.path}/..` : bases.cwd;
    return { value: isPath ? absolute(String(value), base, bases) : value, from: sourceName(source) };
  };
  const profile: Record<string, Sourced<unknown>> = {};
  for (const [flag, key, isPath] of KEYS) {
    const found = sourced(flag, isPath);
    if (found !== null) profile[key] = found;
  }
  // The first namespace is the default one, as for a managed Temporal.
  const namespaces = options.get("namespace");
  const [namespace] = Array.isArray(namespaces?.value) ? namespaces.value : [];
  if (namespace !== undefined) profile["namespace"] = { value: namespace, from: sourceName(namespaces!.source) };
  return {
    profile: profile as ClientProfile,
    profileName: sourced("profile", false) as Sourced<string> | null,
    configFile: sourced("config-file", true) as Sourced<string> | null,
  };
}

const PATHS = ["serverCaPath", "clientCertPath", "clientKeyPath"] as const;

/** `profile` with absolute paths, which stay valid in another working directory. */
export function withAbsolutePaths(profile: ClientProfile, bases: Bases): ClientProfile {
  const changed = { ...profile };
  for (const key of PATHS) {
    const path = profile[key];
    if (path !== undefined) changed[key] = { ...path, value: absolute(path.value, bases.cwd, bases) };
  }
  return changed;
}

function absolute(path: string, base: string, { userHome }: Bases): string {
  return absolutePath(path === "~" || path.startsWith("~/") ? `${userHome}${path.slice(1)}` : path, base);
}
