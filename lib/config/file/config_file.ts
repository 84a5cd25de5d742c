import { CONFIG_SECTION, type Flag } from "../flags/flag.ts";
import { CONFIG_FLAGS, PROJECT_FLAGS } from "../flags/instance_flags.ts";
import type { ProcessSettings } from "../processes.ts";
import { type ConfigEntry, type ConfigNode, isEmpty } from "./config_node.ts";
import { fileFault, unknownKey } from "./file_fault.ts";

/** Where settings are: in a project file, or in our section of the home's `config.yaml`. */
export type ConfigKind = "project" | "home";

/** The settings in a file. */
export interface ConfigFile {
  path: string;
  kind: ConfigKind;
  /**
   * The values, by the name of the flag; the unchecked value of `processes` by that name. Keys are as written, in
   * `config.yaml` relative to {@linkcode CONFIG_SECTION}.
   */
  values: ReadonlyMap<string, ConfigEntry>;
  /** What it runs beside Temporal; checked. */
  processes: readonly ProcessSettings[];
}

/** The key of a project file that is no setting of Temporal or its supervisor. */
export const PROCESSES_KEY = "processes";

const FLAGS: Readonly<Record<ConfigKind, readonly Flag[]>> = { home: CONFIG_FLAGS, project: PROJECT_FLAGS };

/**
 * Reads the settings of `section`, the node at {@linkcode CONFIG_SECTION} in the `config.yaml` at `path`, or the whole
 * project file; null = none. Leaves the processes to {@linkcode parseProcesses}.
 *
 * @throws {LocalError} `usage` for an unknown key (suggests the nearest one)
 */
export function readConfigFile(path: string, section: ConfigNode | null, kind: ConfigKind = "home"): ConfigFile {
  const values = new Map<string, ConfigEntry>();
  if (section !== null && !isEmpty(section)) collect({ path, kind }, section, "", values);
  return { path, kind, values, processes: [] };
}

type Source = Pick<ConfigFile, "path" | "kind">;

function collect(file: Source, node: ConfigNode, prefix: string, values: Map<string, ConfigEntry>): void {
  const { path, kind } = file;
  const above = kind === "home" ? CONFIG_SECTION : [];
  const section = [...above, prefix.slice(0, -1)].filter((part) => part !== "").join(".");
  if (!("entries" in node)) {
    const where = section === "" ? "" : ` in \`${section}\``;
    const place = { path, line: node.line, key: section };
    throw fileFault(place, `Expected keys and values${where}, such as ${example(prefix)}`);
  }
  for (const entry of node.entries) {
    const key = prefix + entry.key;
    const { line, node } = entry;
    const flag = FLAGS[kind].find((each) => each.key === key || each.otherKey === key);
    const name = flag?.name ?? (kind === "project" && key === PROCESSES_KEY ? PROCESSES_KEY : undefined);
    if (name === undefined) {
      const isPart = FLAGS[kind].some((each) => each.key!.startsWith(`${key}.`));
      if (!isPart) throw unknownSetting(file, entry, prefix, section);
      if (!isEmpty(node)) collect(file, node, `${key}.`, values);
      continue;
    }
    const earlier = values.get(name);
    if (earlier !== undefined) {
      const what = `\`${key}\` and \`${earlier.key}\` are the same setting`;
      throw fileFault({ path, line, key }, what, "Use only one of them");
    }
    if (!isEmpty(node)) values.set(name, { node, line, key });
  }
}

function unknownSetting({ path, kind }: Source, { key, line }: ConfigEntry, prefix: string, section: string) {
  const place = { path, line, key };
  const isTop = prefix === "";
  if (kind === "home" && isTop && (key === PROCESSES_KEY || key === "home")) {
    const what = `\`${key}\` belongs in a project file, stigmer-local.yaml`;
    return fileFault({ ...place, suggestion: null }, what, "`stigmer-local init` writes one");
  }
  if (kind === "project" && isTop && key === CONFIG_SECTION[0]) {
    const hint = `The keys of a project file are not nested: move those of \`${CONFIG_SECTION.join(".")}\` to the top`;
    return unknownKey(place, section, [], hint);
  }
  const below = FLAGS[kind].filter((flag) => flag.key!.startsWith(prefix))
    .map((flag) => flag.key!.slice(prefix.length).split(".")[0]!);
  return unknownKey(place, section, [...new Set(below), ...(kind === "project" && isTop ? [PROCESSES_KEY] : [])]);
}

function example(prefix: string): string {
  const flag = CONFIG_FLAGS.find((each) => each.key!.startsWith(prefix))!;
  return `\`${flag.key!.slice(prefix.length).split(".")[0]}: …\``;
}
