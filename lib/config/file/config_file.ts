import { LocalError } from "../../errors/local_error.ts";
import { didYouMean } from "../../text/did_you_mean.ts";
import { CONFIG_SECTION, type Flag } from "../flags/flag.ts";
import { CONFIG_FLAGS, PROJECT_FLAGS } from "../flags/instance_flags.ts";
import type { ProcessSettings } from "../processes.ts";
import { type ConfigEntry, type ConfigNode, isEmpty } from "./config_node.ts";

/** The value of one setting in a file. */
export interface ConfigValue {
  node: ConfigNode;
  line: number;
  /** The key as written; in `config.yaml` relative to {@linkcode CONFIG_SECTION}. */
  key: string;
}

/** Where settings are: in a project file, or in our section of the home's `config.yaml`. */
export type ConfigKind = "project" | "home";

/** The settings in a file. */
export interface ConfigFile {
  path: string;
  kind: ConfigKind;
  /** The values, by the name of the flag; the unchecked value of `processes` by that name. */
  values: ReadonlyMap<string, ConfigValue>;
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
  const values = new Map<string, ConfigValue>();
  if (section !== null && !isEmpty(section)) collect({ path, kind }, section, "", values);
  return { path, kind, values, processes: [] };
}

type Place = Pick<ConfigFile, "path" | "kind">;

function collect(file: Place, node: ConfigNode, prefix: string, values: Map<string, ConfigValue>): void {
  const { path, kind } = file;
  const above = kind === "home" ? CONFIG_SECTION : [];
  const place = [...above, prefix.slice(0, -1)].filter((part) => part !== "").join(".");
  if (!("entries" in node)) {
    const where = place === "" ? "" : ` in \`${place}\``;
    throw new LocalError(
      "usage",
      `${path}:${node.line}: Expected keys and values${where}, such as ${example(prefix)}`,
      {
        facts: { path, line: node.line, key: place },
      },
    );
  }
  for (const entry of node.entries) {
    const key = prefix + entry.key;
    const flag = FLAGS[kind].find((each) => each.key === key || each.otherKey === key);
    const name = flag?.name ?? (kind === "project" && key === PROCESSES_KEY ? PROCESSES_KEY : undefined);
    if (name === undefined) {
      const isPart = FLAGS[kind].some((each) => each.key!.startsWith(`${key}.`));
      if (!isPart) throw unknownKey(file, entry, prefix, place);
      if (!isEmpty(entry.node)) collect(file, entry.node, `${key}.`, values);
      continue;
    }
    const earlier = values.get(name);
    if (earlier !== undefined) {
      throw new LocalError("usage", `${path}:${entry.line}: \`${key}\` and \`${earlier.key}\` are the same setting`, {
        hint: "Use only one of them",
        facts: { path, line: entry.line, key },
      });
    }
    if (!isEmpty(entry.node)) values.set(name, { node: entry.node, line: entry.line, key });
  }
}

function unknownKey({ path, kind }: Place, { key, line }: ConfigEntry, prefix: string, place: string): LocalError {
  const isTop = prefix === "";
  if (kind === "home" && isTop && (key === PROCESSES_KEY || key === "home")) {
    return new LocalError("usage", `${path}:${line}: \`${key}\` belongs in a project file, stigmer-local.yaml`, {
      hint: "`stigmer-local init` writes one",
      facts: { path, line, key, suggestion: null },
    });
  }
  const known = [
    ...new Set(
      FLAGS[kind].map((flag) => flag.key!).filter((each) => each.startsWith(prefix)).map((each) =>
        each.slice(prefix.length).split(".")[0]!
      ),
    ),
    ...(kind === "project" && isTop ? [PROCESSES_KEY] : []),
  ];
  const isSection = kind === "project" && isTop && key === CONFIG_SECTION[0];
  const near = isSection ? null : didYouMean(key, known);
  return new LocalError("usage", `${path}:${line}: Unknown key \`${key}\`${place === "" ? "" : ` in ${place}`}`, {
    hint: near !== null
      ? `Did you mean \`${near}\`?`
      : isSection
      ? `The keys of a project file are not nested: move those of \`${CONFIG_SECTION.join(".")}\` to the top`
      : `Known keys: ${known.join(", ")}`,
    facts: { path, line, key, suggestion: near },
  });
}

function example(prefix: string): string {
  const flag = CONFIG_FLAGS.find((each) => each.key!.startsWith(prefix))!;
  return `\`${flag.key!.slice(prefix.length).split(".")[0]}: …\``;
}
