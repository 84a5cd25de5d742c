import type { ProcessSettings } from "../config/processes.ts";

type Declared = Pick<ProcessSettings, "name" | "dependsOn">;

/** The names of the processes that depend on `name` directly. */
export function dependentsOf(name: string, processes: readonly Declared[]): string[] {
  return processes.filter(({ dependsOn }) => dependsOn.includes(name)).map((each) => each.name);
}

/** `names` with everything that they depend on, in the order of `processes`. */
export function withDependencies(names: readonly string[], processes: readonly Declared[]): string[] {
  const wanted = new Set<string>();
  const add = (name: string) => {
    if (wanted.has(name)) return;
    wanted.add(name);
    for (const dependency of processes.find((each) => each.name === name)?.dependsOn ?? []) add(dependency);
  };
  for (const name of names) add(name);
  return processes.map(({ name }) => name).filter((name) => wanted.has(name));
}

/** `visit`, asked only once for each key; it may ask for the keys around. */
export function memoized<Key, Value>(visit: (key: Key) => Value): (key: Key) => Value {
  const known = new Map<Key, Value>();
  return (key) => {
    if (!known.has(key)) known.set(key, visit(key));
    return known.get(key)!;
  };
}
