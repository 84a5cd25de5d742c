import type { Given } from "./flag_values.ts";
import { rankOf } from "./source.ts";

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
