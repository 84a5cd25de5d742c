import { LocalError } from "../../errors/local_error.ts";
import { didYouMean } from "../../text/did_you_mean.ts";
import { CONFIG_SECTION, type Flag } from "../flags/flag.ts";
import { CONFIG_FLAGS } from "../flags/instance_flags.ts";
import { type ConfigEntry, type ConfigNode, isEmpty } from "./config_node.ts";

/** The value of one setting in `config.yaml`. */
export interface ConfigValue {
  node: ConfigNode;
  line: number;
  /** The key as written, relative to {@linkcode CONFIG_SECTION}. */
  key: string;
}

/** Our section of `config.yaml`. */
export interface ConfigFile {
  path: string;
  /** The values, by the name of the flag. */
  values: ReadonlyMap<string, ConfigValue>;
}

/**
 * Reads the settings of `section`, the node at {@linkcode CONFIG_SECTION} in the file at `path`; null = none.
 *
 * @throws {LocalError} `usage` for an unknown key (suggests the nearest one)
 */
export function readConfigFile(path: string, section: ConfigNode | null): ConfigFile {
  const values = new Map<string, ConfigValue>();
  if (section !== null && !isEmpty(section)) collect(path, section, "", values);
  return { path, values };
}

function collect(path: string, node: ConfigNode, prefix: string, values: Map<string, ConfigValue>): void {
  const place = [...CONFIG_SECTION, prefix.slice(0, -1)].filter((part) => part !== "").join(".");
  if (!("entries" in node)) {
    throw new LocalError(
      "usage",
      `${path}:${node.line}: Expected keys and values in \`${place}\`, such as ${example(prefix)}`,
      {
        facts: { path, line: node.line, key: place },
      },
    );
  }
  for (const entry of node.entries) {
    const key = prefix + entry.key;
    const flag = flagAt(key);
    if (flag === undefined) {
      if (!CONFIG_FLAGS.some((each) => each.key!.startsWith(`${key}.`))) throw unknownKey(path, entry, prefix, place);
      if (!isEmpty(entry.node)) collect(path, entry.node, `${key}.`, values);
      continue;
    }
    const earlier = values.get(flag.name);
    if (earlier !== undefined) {
      throw new LocalError("usage", `${path}:${entry.line}: \`${key}\` and \`${earlier.key}\` are the same setting`, {
        hint: "Use only one of them",
        facts: { path, line: entry.line, key },
      });
    }
    if (!isEmpty(entry.node)) values.set(flag.name, { node: entry.node, line: entry.line, key });
  }
}

function flagAt(key: string): Flag | undefined {
  return CONFIG_FLAGS.find((flag) => flag.key === key || flag.otherKey === key);
}

function unknownKey(path: string, { key, line }: ConfigEntry, prefix: string, place: string): LocalError {
  const known = [
    ...new Set(
      CONFIG_FLAGS.map((flag) => flag.key!).filter((each) => each.startsWith(prefix)).map((each) =>
        each.slice(prefix.length).split(".")[0]!
      ),
    ),
  ];
  const near = didYouMean(key, known);
  return new LocalError("usage", `${path}:${line}: Unknown key \`${key}\` in ${place}`, {
    hint: near === null ? `Known keys: ${known.join(", ")}` : `Did you mean \`${near}\`?`,
    facts: { path, line, key, suggestion: near },
  });
}

function example(prefix: string): string {
  const flag = CONFIG_FLAGS.find((each) => each.key!.startsWith(prefix))!;
  return `\`${flag.key!.slice(prefix.length).split(".")[0]}: …\``;
}
