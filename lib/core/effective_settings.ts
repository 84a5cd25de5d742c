import { type Ports, withPorts } from "./auto_ports.ts";
import type { Invocation } from "./command_line.ts";
import { formatValue, type Value } from "./flag_values.ts";
import { CONFIG_FLAGS } from "./instance_flags.ts";
import { instancePaths } from "./instance_paths.ts";
import { completePolicy } from "./policy.ts";
import { completeSettings } from "./settings.ts";
import type { Source } from "./source.ts";
import { DEFAULT_TEMPORAL_VERSION } from "./versions.ts";

/** A setting as it counts, and why. */
export interface EffectiveSetting {
  /** Its place in `config.yaml`. */
  key: string;
  /** Of the flag, without the dashes. */
  name: string;
  /** Times in seconds, sizes in bytes; null = none. */
  value: Value | null;
  /** As it can be written. */
  text: string | null;
  source: Source;
}

/**
 * Every setting as a `start` would take it now. Those of Temporal's launch are made whole, so that none is missing.
 *
 * @param ports What `auto` would be.
 */
export function effectiveSettings(invocation: Invocation, ports: Ports): EffectiveSetting[] {
  const { given, home, asked } = invocation;
  const policy = completePolicy(invocation.policy);
  const settings = completeSettings(withPorts(asked, ports), instancePaths(home).defaultDatabase);
  return CONFIG_FLAGS.map((flag) => {
    const value = flag.setting !== undefined
      ? settings[flag.setting]
      : flag.policy !== undefined
      ? policy[flag.policy]
      : ownValue(flag.name, invocation);
    return {
      key: flag.key!,
      name: flag.name,
      value,
      text: value === null ? null : formatValue(flag, value),
      source: given.get(flag.name)?.source ?? { kind: "default" },
    };
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
    default:
      return given.get(name)?.value ?? null;
  }
}
