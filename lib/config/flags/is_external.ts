import type { OptionValue } from "./flag_values.ts";
import { rankOf, type SettingSource } from "./setting_source.ts";

/**
 * Whether Temporal is not ours to run. Of `managed` and what leads elsewhere (`address`, `profile`) the louder one counts:
 * a flag before the environment before `config.yaml`; of two that are as loud, `managed`. Temporal's own variables count
 * for nothing here: one that is left over in a shell must not lead a command away from the Temporal of this machine.
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

/** Who says that Temporal is not ours, where {@linkcode isExternal} finds that somebody does. */
export function whoSaysExternal(options: ReadonlyMap<string, OptionValue>): SettingSource {
  const name = options.get("managed")?.value === false ? "managed" : options.has("address") ? "address" : "profile";
  return options.get(name)!.source;
}
