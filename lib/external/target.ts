import { checkHome, type CommandContext, withProject } from "../cli/context.ts";
import { settingPath } from "../cli/invocation.ts";
import { externalSettingSource } from "../config/flags/is_external.ts";
import { sourceName } from "../config/flags/setting_source.ts";
import { defaultConfigFile } from "../environment/temporal_toml_path.ts";
import { absolutePath } from "../instance/paths.ts";
import type { Status } from "../instance/status/status.ts";
import { checkExternal, type ExternalReport } from "./check.ts";
import { type ConnectedTemporal, readCredentials } from "./connection/credentials.ts";
import { resolveExternal } from "./connection/endpoint.ts";
import { profileFromOptions, withAbsolutePaths } from "./connection/options.ts";
import { mergeProfiles, profileFromEnvironment } from "./connection/profile.ts";
import { readProfile, type RequestedProfile } from "./connection/toml_profile.ts";

/** An external Temporal, and the profile that was named for it. */
export interface ExternalTarget extends ConnectedTemporal {
  profile: RequestedProfile;
}

/**
 * The external Temporal according to flags, `STIGMER_…` and `config.yaml`; then Temporal's own variables, then a profile of
 * its `temporal.toml`.
 *
 * @throws {LocalError} `usage`, `home-unusable`
 */
export async function externalTarget(context: CommandContext): Promise<ExternalTarget> {
  const { host, invocation: { options } } = context;
  const { env } = host;
  checkHome(context);
  const profile = requestedProfile(context);
  const read = await readProfile(profile, defaultConfigFile(env, host.platform));
  const merged = mergeProfiles(profileFromOptions(options), profileFromEnvironment(env), read);
  const external = resolveExternal(withAbsolutePaths(merged, (path) => settingPath(path, host.cwd(), env)));
  return { ...readCredentials(external), profile };
}

/** The profile that flags, `STIGMER_…` and `config.yaml` name, else Temporal's own variables. */
export function requestedProfile(
  { host, invocation: { options } }: Pick<CommandContext, "host" | "invocation">,
): RequestedProfile {
  const { TEMPORAL_PROFILE, TEMPORAL_CONFIG_FILE } = host.env;
  const file = options.get("config-file")?.value ?? TEMPORAL_CONFIG_FILE ?? "";
  return {
    name: String(options.get("profile")?.value ?? TEMPORAL_PROFILE ?? "") || null,
    path: file === "" ? null : absolutePath(String(file), host.cwd()),
  };
}

/** The current status of the external Temporal. */
export async function lookAtExternal(
  context: CommandContext,
  target: ExternalTarget,
  timeoutMs: number,
): Promise<Status> {
  const { host, invocation: { home } } = context;
  const findings = await checkExternal(host.connect, target, timeoutMs);
  const status = withProject(context, externalStatus(target, findings, home));
  return target.warnings.length === 0 ? status : { ...status, warnings: target.warnings };
}

/** The name of the setting that makes Temporal external, for messages. */
export function externalSource({ invocation: { options } }: CommandContext): string {
  return sourceName(externalSettingSource(options));
}

/** The status document of an external Temporal. */
function externalStatus(
  { address, namespace, tls, apiKey, origins }: ConnectedTemporal,
  { checks, isReached, serverVersion, failure }: ExternalReport,
  home: string,
): Status {
  return {
    schema: 1,
    state: failure === null ? "running" : isReached ? "unhealthy" : "unknown",
    healthy: failure === null,
    managed: false,
    address,
    uiUrl: null,
    namespace,
    temporal: null,
    supervisor: null,
    restarts: 0,
    lastExit: null,
    checks,
    paths: { home, database: null, log: null },
    external: {
      serverVersion,
      tls: tls !== null,
      clientCertificate: tls?.client != null,
      apiKey: apiKey !== null,
      from: { ...origins },
    },
    ...(failure === null ? {} : { failure }),
  };
}
