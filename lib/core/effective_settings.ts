import { DEFAULT_RESTART_POLICY } from "./backoff.ts";
import type { Invocation } from "./command_line.ts";
import type { Value } from "./flag_values.ts";
import { CONFIG_FLAGS } from "./instance_flags.ts";
import { instancePaths } from "./instance_paths.ts";
import { completeSettings, type Settings } from "./settings.ts";
import type { Source } from "./source.ts";
import { DEFAULT_TEMPORAL_VERSION } from "./versions.ts";

/** A setting as it counts, and why. */
export interface EffectiveSetting {
  /** Its place in `config.yaml`. */
  key: string;
  /** Of the flag, without the dashes. */
  name: string;
  /** Null = none; texts as they are given on a command line. */
  value: Value | null;
  source: Source;
}

/** Every setting as a `start` would take it now. Those of Temporal's launch are made whole, so that none is missing. */
export function effectiveSettings(invocation: Invocation): EffectiveSetting[] {
  const { given, home, asked } = invocation;
  const settings = completeSettings(asked, instancePaths(home).defaultDatabase);
  return CONFIG_FLAGS.map(({ key, name, setting }) => {
    const found = given.get(name);
    const value = setting === undefined ? ownValue(name, invocation) : settings[setting as keyof Settings];
    return { key: key!, name, value, source: found?.source ?? { kind: "default" } };
  });
}

function ownValue(name: string, { given, temporalBin, temporalVersion, managed }: Invocation): Value | null {
  switch (name) {
    case "temporal-bin":
      return temporalBin;
    case "version":
      return temporalVersion ?? (temporalBin === null ? DEFAULT_TEMPORAL_VERSION : null);
    case "managed":
      return managed;
    case "max-restarts":
      return given.get(name)?.value ?? DEFAULT_RESTART_POLICY.limit;
    default:
      return given.get(name)?.value ?? null;
  }
}
