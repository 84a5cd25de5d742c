import type { OptionValue } from "../../config/flags/flag_values.ts";
import { sourceName } from "../../config/flags/setting_source.ts";
import type { ClientProfile, ConnectionKey, Sourced } from "./profile.ts";

const KEYS: readonly [flag: string, key: ConnectionKey][] = [
  ["address", "address"],
  ["tls", "tls"],
  ["api-key-file", "apiKeyFile"],
  ["tls-ca-path", "serverCaPath"],
  ["tls-cert-path", "clientCertPath"],
  ["tls-key-path", "clientKeyPath"],
  ["tls-server-name", "serverName"],
  ["tls-disable-host-verification", "disableHostVerification"],
];

/** The connection to an external Temporal according to our own settings. */
export function profileFromOptions(options: ReadonlyMap<string, OptionValue>): ClientProfile {
  const profile: Record<string, Sourced<unknown>> = {};
  for (const [flag, key] of KEYS) {
    const found = options.get(flag);
    if (found !== undefined) profile[key] = { value: found.value, from: sourceName(found.source) };
  }
  // The first namespace is the default one, as for a managed Temporal.
  const namespaces = options.get("namespace");
  const [namespace] = Array.isArray(namespaces?.value) ? namespaces.value : [];
  if (namespace !== undefined) profile["namespace"] = { value: namespace, from: sourceName(namespaces!.source) };
  return profile as ClientProfile;
}

const PATHS = ["serverCaPath", "clientCertPath", "clientKeyPath"] as const;

/** `profile` with absolute paths, which stay valid in another working directory. */
export function withAbsolutePaths(profile: ClientProfile, absolute: (path: string) => string): ClientProfile {
  const changed = { ...profile };
  for (const key of PATHS) {
    const path = profile[key];
    if (path !== undefined) changed[key] = { ...path, value: absolute(path.value) };
  }
  return changed;
}
