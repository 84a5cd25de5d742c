import { defaultConfigFile } from "../core/client_config_file.ts";
import { mergeProfiles, profileFromEnvironment } from "../core/client_profile.ts";
import { type ExternalTemporal, resolveExternal } from "../core/external.ts";
import type { AskedProfile } from "../core/external_environment.ts";
import { externalStatus } from "../core/external_status.ts";
import { absolutePath } from "../core/instance_paths.ts";
import { ownProfile, withAbsolutePaths } from "../core/own_profile.ts";
import type { Status } from "../core/status.ts";
import { checkExternal } from "../temporal/check_external.ts";
import { type ExternalMaterial, readMaterial } from "../temporal/external_material.ts";
import { DEFAULT_PROFILE, readProfile } from "../temporal/read_profile.ts";
import { checkHome, type CommandContext } from "./context.ts";
import { whoSaysExternal } from "../core/is_external.ts";
import { sourceName } from "../core/source.ts";

/** A Temporal that is not ours, and what stands in the files that say how to reach it. */
export interface ExternalTarget {
  external: ExternalTemporal;
  material: ExternalMaterial;
  profile: AskedProfile;
}

/**
 * The Temporal that the settings lead to: flags, `STIGMER_…` and `config.yaml`; what they leave open, Temporal's own
 * variables and then a profile of its `temporal.toml` say.
 *
 * @throws {LocalError} `usage`, `home-unusable`
 */
export async function externalTarget(context: CommandContext): Promise<ExternalTarget> {
  const { host, invocation: { home, given } } = context;
  checkHome(context);
  const bases = { home, cwd: host.cwd(), userHome: host.env["HOME"] ?? "" };
  const own = ownProfile(given, bases);
  const path = (own.configFile?.value ?? host.env["TEMPORAL_CONFIG_FILE"]) || null;
  const asked: AskedProfile = {
    name: (own.profileName?.value ?? host.env["TEMPORAL_PROFILE"]) || null,
    path: path === null ? null : absolutePath(path, bases.cwd),
  };
  const file = asked.path ?? defaultConfigFile(host.env, host.platform);
  const profile = file === null ? {} : await readProfile({
    path: absolutePath(file, bases.cwd),
    isPathAsked: asked.path !== null,
    name: asked.name ?? DEFAULT_PROFILE,
    isNameAsked: asked.name !== null,
  });
  const merged = mergeProfiles(own.profile, profileFromEnvironment(host.env), profile);
  const external = resolveExternal(withAbsolutePaths(merged, bases));
  return { external, material: readMaterial(external), profile: asked };
}

/** How the Temporal is that is not ours, just now. */
export async function lookAtExternal(
  { host, invocation: { home } }: CommandContext,
  { external, material }: ExternalTarget,
  timeoutMs: number,
): Promise<Status> {
  const findings = await checkExternal(host.connect, external, material, timeoutMs);
  const status = externalStatus(external, findings, home);
  return material.warnings.length === 0 ? status : { ...status, warnings: material.warnings };
}

/** Who said that Temporal is not ours. */
export function externalSource({ invocation: { given } }: CommandContext): string {
  return sourceName(whoSaysExternal(given));
}
