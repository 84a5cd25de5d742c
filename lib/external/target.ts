import { checkHome, type CommandContext, withProject } from "../cli/context.ts";
import { externalSettingSource } from "../config/flags/is_external.ts";
import { sourceName } from "../config/flags/setting_source.ts";
import { defaultConfigFile } from "../environment/temporal_toml_path.ts";
import { absolutePath } from "../instance/paths.ts";
import type { Status } from "../instance/status/status.ts";
import { checkExternal, type ExternalReport } from "./check.ts";
import { type Credentials, readCredentials } from "./connection/credentials.ts";
import { type ExternalTemporal, resolveExternal } from "./connection/endpoint.ts";
import { pathOption, profileFromOptions, withAbsolutePaths } from "./connection/options.ts";
import { mergeProfiles, profileFromEnvironment } from "./connection/profile.ts";
import { DEFAULT_PROFILE, readProfile } from "./connection/toml_profile.ts";
import type { RequestedProfile } from "./environment.ts";

/** An external Temporal, with the credentials from its files. */
export interface ExternalTarget {
  external: ExternalTemporal;
  material: Credentials;
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
  checkHome(context);
  const bases = { cwd: host.cwd(), userHome: host.env["HOME"] ?? "" };
  const { path: file, isExplicit } = configFileOf(context);
  const requested: RequestedProfile = {
    name: String(options.get("profile")?.value ?? host.env["TEMPORAL_PROFILE"] ?? "") || null,
    path: isExplicit ? file : null,
  };
  const profile = file === null ? {} : await readProfile({
    path: file,
    isPathExplicit: isExplicit,
    name: requested.name ?? DEFAULT_PROFILE,
    isNameExplicit: requested.name !== null,
  });
  const own = profileFromOptions(options, bases);
  const merged = mergeProfiles(own, profileFromEnvironment(host.env), profile);
  const external = resolveExternal(withAbsolutePaths(merged, bases));
  return { external, material: readCredentials(external), profile: requested };
}

/** The absolute path of the `temporal.toml` in use, and whether the settings name it; null without $HOME. */
export function configFileOf(
  { host, invocation: { options } }: Pick<CommandContext, "host" | "invocation">,
): { path: string | null; isExplicit: boolean } {
  const bases = { cwd: host.cwd(), userHome: host.env["HOME"] ?? "" };
  const named = options.get("config-file");
  const explicit = (named === undefined ? host.env["TEMPORAL_CONFIG_FILE"] : pathOption(named, bases)) || null;
  const path = explicit ?? defaultConfigFile(host.env, host.platform);
  return { path: path === null ? null : absolutePath(path, bases.cwd), isExplicit: explicit !== null };
}

/** The current status of the external Temporal. */
export async function lookAtExternal(
  context: CommandContext,
  { external, material }: ExternalTarget,
  timeoutMs: number,
): Promise<Status> {
  const { host, invocation: { home } } = context;
  const findings = await checkExternal(host.connect, external, material, timeoutMs);
  const status = withProject(context, externalStatus(external, findings, home));
  return material.warnings.length === 0 ? status : { ...status, warnings: material.warnings };
}

/** The name of the setting that makes Temporal external, for messages. */
export function externalSource({ invocation: { options } }: CommandContext): string {
  return sourceName(externalSettingSource(options));
}

/** The status document of an external Temporal. */
function externalStatus(
  external: ExternalTemporal,
  { checks, isReached, serverVersion, failure }: ExternalReport,
  home: string,
): Status {
  return {
    schema: 1,
    state: failure === null ? "running" : isReached ? "unhealthy" : "unknown",
    healthy: failure === null,
    managed: false,
    address: external.address,
    uiUrl: null,
    namespace: external.namespace,
    temporal: null,
    supervisor: null,
    restarts: 0,
    lastExit: null,
    checks,
    paths: { home, database: null, log: null },
    external: {
      serverVersion,
      tls: external.tls !== null,
      clientCertificate: external.tls?.client != null,
      apiKey: external.apiKey !== null,
      from: { ...external.origins },
    },
    ...(failure === null ? {} : { failure }),
  };
}
