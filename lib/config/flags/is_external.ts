import type { OptionValue } from "./flag_values.ts";
import { rankOf, type SettingSource } from "./setting_source.ts";

/**
 * Whether to connect to an external Temporal. Between `managed` and `address` or `profile` the source with the higher
 * precedence decides (flag, environment, project file, `config.yaml`), and `managed` wins a tie. Temporal's own variables do not count:
 * one left over in a shell must not divert a command from the local Temporal.
 */
export function isExternal(options: ReadonlyMap<string, OptionValue>): boolean {
  const rank = (name: string) => {
    const found = options.get(name);
    return found === undefined ? -1 : rankOf(found.source);
  };
  const elsewhere = Math.max(rank("address"), rank("profile"));
  const managed = options.get("managed")?.value;
  if (managed === undefined) return elsewhere >= 0;
  return managed === false || elsewhere > rank("managed");
}

/** The source that makes Temporal external; only if {@linkcode isExternal} holds. */
export function externalSettingSource(options: ReadonlyMap<string, OptionValue>): SettingSource {
  const name = options.get("managed")?.value === false ? "managed" : options.has("address") ? "address" : "profile";
  return options.get(name)!.source;
}
