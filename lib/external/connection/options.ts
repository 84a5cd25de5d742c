import type { OptionValue } from "../../config/flags/flag_values.ts";
import { sourceName } from "../../config/flags/setting_source.ts";
import { absolutePath } from "../../instance/paths.ts";
import type { ClientProfile, ConnectionKey, Sourced } from "./profile.ts";

/** What our own settings say of a Temporal that is not ours. */
export interface ConnectionOptions {
  profile: ClientProfile;
  /** The profile of `temporal.toml` that is asked for. */
  profileName: Sourced<string> | null;
  /** The `temporal.toml` that is asked for, absolute. */
  configFile: Sourced<string> | null;
}

/** What relative paths are relative to: of `config.yaml` its folder, the home; else where the command was called. */
export interface Bases {
  home: string;
  cwd: string;
  /** What `~` stands for. */
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

/** What `given` says of a Temporal that is not ours. */
export function connectionOptions(options: ReadonlyMap<string, OptionValue>, bases: Bases): ConnectionOptions {
  const said = (flag: string, isPath: boolean): Sourced<unknown> | null => {
    const found = options.get(flag);
    if (found === undefined) return null;
    const { value, source } = found;
    const base = source.kind === "file" ? bases.home : bases.cwd;
    return { value: isPath ? absolute(String(value), base, bases) : value, from: sourceName(source) };
  };
  const profile: Record<string, Sourced<unknown>> = {};
  for (const [flag, key, isPath] of KEYS) {
    const found = said(flag, isPath);
    if (found !== null) profile[key] = found;
  }
  // The first namespace is the instance's own, here as where Temporal is ours.
  const namespaces = options.get("namespace");
  const [namespace] = Array.isArray(namespaces?.value) ? namespaces.value : [];
  if (namespace !== undefined) profile["namespace"] = { value: namespace, from: sourceName(namespaces!.source) };
  return {
    profile: profile as ClientProfile,
    profileName: said("profile", false) as Sourced<string> | null,
    configFile: said("config-file", true) as Sourced<string> | null,
  };
}

const PATHS = ["serverCaPath", "clientCertPath", "clientKeyPath"] as const;

/** `profile` with absolute paths, so that they lead to the same files in another folder, too. */
export function withAbsolutePaths(profile: ClientProfile, bases: Bases): ClientProfile {
  const changed = { ...profile };
  for (const key of PATHS) {
    const said = profile[key];
    if (said !== undefined) changed[key] = { ...said, value: absolute(said.value, bases.cwd, bases) };
  }
  return changed;
}

function absolute(path: string, base: string, { userHome }: Bases): string {
  return absolutePath(path === "~" || path.startsWith("~/") ? `${userHome}${path.slice(1)}` : path, base);
}
