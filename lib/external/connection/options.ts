import type { OptionValue } from "../../config/flags/flag_values.ts";
import { sourceName } from "../../config/flags/setting_source.ts";
import { absolutePath } from "../../instance/paths.ts";
import type { ClientProfile, ConnectionKey, Sourced } from "./profile.ts";

/** The bases of relative paths. */
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

/** The connection to an external Temporal according to our own settings. */
export function profileFromOptions(options: ReadonlyMap<string, OptionValue>, bases: Bases): ClientProfile {
  const profile: Record<string, Sourced<unknown>> = {};
  for (const [flag, key, isPath] of KEYS) {
    const found = options.get(flag);
    if (found === undefined) continue;
    profile[key] = { value: isPath ? pathOption(found, bases) : found.value, from: sourceName(found.source) };
  }
  // The first namespace is the default one, as for a managed Temporal.
  const namespaces = options.get("namespace");
  const [namespace] = Array.isArray(namespaces?.value) ? namespaces.value : [];
  if (namespace !== undefined) profile["namespace"] = { value: namespace, from: sourceName(namespaces!.source) };
  return profile as ClientProfile;
}

/** The absolute path that an option gives; one in a file starts at its directory. */
export function pathOption({ value, source }: OptionValue, bases: Bases): string {
  return absolute(String(value), source.kind === "file" ? `${source.path}/..` : bases.cwd, bases);
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
