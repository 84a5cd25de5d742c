import type { Given } from "./flag_values.ts";
import { rankOf, type SettingSource } from "./setting_source.ts";

/**
 * Whether Temporal is not ours to run. Of `managed` and what leads elsewhere (`address`, `profile`) the louder one counts:
 * a flag before the environment before `config.yaml`; of two that are as loud, `managed`. Temporal's own variables count
 * for nothing here: one that is left over in a shell must not lead a command away from the Temporal of this machine.
 */
export function isExternal(given: ReadonlyMap<string, Given>): boolean {
  const rank = (name: string) => {
    const found = given.get(name);
    return found === undefined ? -1 : rankOf(found.source);
  };
  const elsewhere = Math.max(rank("address"), rank("profile"));
  const managed = given.get("managed")?.value;
  if (managed === undefined) return elsewhere >= 0;
  return managed === false || elsewhere > rank("managed");
}

/** Who says that Temporal is not ours, where {@linkcode isExternal} finds that somebody does. */
export function whoSaysExternal(given: ReadonlyMap<string, Given>): SettingSource {
  const name = given.get("managed")?.value === false ? "managed" : given.has("address") ? "address" : "profile";
  return given.get(name)!.source;
}
