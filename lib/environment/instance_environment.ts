import type { Status } from "../instance/status/status.ts";
import type { Host } from "../platform/runtime/host.ts";
import { type EnvironmentChange, withoutConnection } from "./client_environment.ts";
import { defaultConfigFile } from "./temporal_toml_path.ts";

/**
 * The variables with which Temporal's SDKs and CLI connect to the instance, overriding the caller's environment and
 * profiles. If a `temporal.toml` exists, an empty file takes its place: clients read its profile `default` regardless of the
 * variables, and an API key or TLS in it would make them speak TLS to a plaintext server.
 */
export function instanceEnvironment(
  host: Host,
  status: Pick<Status, "address" | "namespace" | "uiUrl">,
): EnvironmentChange {
  const profiles = defaultConfigFile(host.env, host.platform);
  return {
    ...withoutConnection(host.env),
    TEMPORAL_ADDRESS: status.address,
    TEMPORAL_NAMESPACE: status.namespace,
    ...(status.uiUrl === null ? {} : { TEMPORAL_UI_URL: status.uiUrl }),
    ...(profiles !== null && host.exists(profiles) ? { TEMPORAL_CONFIG_FILE: "/dev/null" } : {}),
  };
}
