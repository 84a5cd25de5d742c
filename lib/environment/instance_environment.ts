import type { Status } from "../instance/status/status.ts";
import type { Host } from "../platform/runtime/host.ts";
import { clientEnvironment, type EnvironmentChange, withoutConnection } from "./client_environment.ts";
import { defaultConfigFile } from "./temporal_toml_path.ts";

/** The variables that connect a client to the instance, overriding the caller's environment and profiles. */
export function instanceEnvironment(
  host: Host,
  status: Pick<Status, "address" | "namespace" | "uiUrl">,
): EnvironmentChange {
  const profiles = defaultConfigFile(host.env, host.platform);
  const hasProfiles = profiles !== null && host.exists(profiles);
  return { ...withoutConnection(host.env), ...clientEnvironment(status, hasProfiles) };
}
