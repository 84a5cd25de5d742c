import type { Status } from "../instance/status/status.ts";
import type { Host } from "../platform/runtime/host.ts";
import { clientEnvironment, type EnvironmentChange, withoutConnection } from "./client_environment.ts";
import { defaultConfigFile } from "./temporal_toml_path.ts";

/** What leads a client to the instance, and nowhere else, whatever the caller's environment and profiles say. */
export function instanceEnvironment(
  host: Host,
  status: Pick<Status, "address" | "namespace" | "uiUrl">,
): EnvironmentChange {
  const profiles = defaultConfigFile(host.env, host.platform);
  const hasProfiles = profiles !== null && host.exists(profiles);
  return { ...withoutConnection(host.env), ...clientEnvironment(status, hasProfiles) };
}
