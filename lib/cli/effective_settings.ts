import { formatValue, type Value } from "../config/flags/flag_values.ts";
import { PROJECT_FLAGS } from "../config/flags/instance_flags.ts";
import { externalSettingSource } from "../config/flags/is_external.ts";
import type { SettingSource } from "../config/flags/setting_source.ts";
import { completePolicy } from "../config/policy.ts";
import type { Settings } from "../config/settings.ts";
import { DEFAULT_TEMPORAL_VERSION } from "../config/temporal_versions.ts";
import type { Invocation } from "./invocation.ts";

/** The effective value of a setting, and its source. */
export interface EffectiveSetting {
  /** Its key in a file. */
  key: string;
  /** The name of its flag, without the dashes. */
  name: string;
  /** Durations in seconds, sizes in bytes; null = none. */
  value: Value | null;
  /** The value in the syntax of flags and files; null = none. */
  text: string | null;
  source: SettingSource;
}

/**
 * Every setting as `start` would use it now, with defaults filled in.
 *
 * @param settings Those of a launch, as requested or by default.
 * @param installed The version that `install --version` selected; null = none.
 */
export function effectiveSettings(
  invocation: Invocation,
  settings: Settings,
  installed: string | null,
): EffectiveSetting[] {
  const policy = completePolicy(invocation.policy);
  return PROJECT_FLAGS.map((flag) => {
    const value = flag.setting !== undefined
      ? settings[flag.setting]
      : flag.policy !== undefined
      ? policy[flag.policy]
      : ownValue(flag.name, invocation, installed);
    return {
      key: flag.key!,
      name: flag.name,
      value,
      text: value === null ? null : formatValue(flag, value),
      source: sourceOf(flag.name, invocation, installed),
    };
  });
}

function sourceOf(
  name: string,
  { options, temporalBin, managed }: Invocation,
  installed: string | null,
): SettingSource {
  if (name === "managed" && !managed) return externalSettingSource(options);
  const source = options.get(name)?.source;
  if (source !== undefined) return source;
  return { kind: name === "version" && temporalBin === null && installed !== null ? "installed" : "default" };
}

function ownValue(
  name: string,
  { options, home, temporalBin, temporalVersion, managed }: Invocation,
  installed: string | null,
): Value | null {
  switch (name) {
    case "home":
      return home;
    case "temporal-bin":
      return temporalBin;
    case "version":
      return temporalVersion ?? (temporalBin === null ? installed ?? DEFAULT_TEMPORAL_VERSION : null);
    case "managed":
      return managed;
    default:
      return options.get(name)?.value ?? null;
  }
}
