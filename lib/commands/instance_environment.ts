import { defaultConfigFile } from "../core/client_config_file.ts";
import { clientEnvironment, type EnvironmentChange, withoutConnection } from "../core/client_environment.ts";
import type { Status } from "../core/status.ts";
import type { Host } from "../system/host.ts";

/** What leads a client to the instance, and nowhere else, whatever the caller's environment and profiles say. */
export function instanceEnvironment(
  host: Host,
  status: Pick<Status, "address" | "namespace" | "uiUrl">,
): EnvironmentChange {
  const profiles = defaultConfigFile(host.env, host.platform);
  const hasProfiles = profiles !== null && host.exists(profiles);
  return { ...withoutConnection(host.env), ...clientEnvironment(status, hasProfiles) };
}
