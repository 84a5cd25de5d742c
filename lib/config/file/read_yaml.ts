import { LocalError } from "../../errors/local_error.ts";
import { loadPackage } from "../../platform/packaging/load_package.ts";
import type { ConfigEntry, ConfigNode } from "./config_node.ts";
import { fileFault } from "./file_fault.ts";

/** The part of the npm package `yaml` that is used here. */
interface YamlPackage {
  parseDocument(text: string, options: { lineCounter: LineCounter; prettyErrors: boolean }): YamlDocument;
  LineCounter: new () => LineCounter;
  isAlias(node: unknown): node is YamlNode & { source: string; resolve(document: YamlDocument): unknown };
  isMap(node: unknown): node is YamlNode & { items: { key: unknown; value: unknown }[] };
  isSeq(node: unknown): node is YamlNode & { items: unknown[] };
  isScalar(node: unknown): node is YamlNode & { value: unknown; source?: string };
}

interface YamlNode {
  range?: number[] | null;
}

interface LineCounter {
  linePos(offset: number): { line: number; col: number };
}

interface YamlDocument {
  contents: unknown;
  errors: { code: string; message: string; pos: [number, number] }[];
}

/** Limits the expansion of nested aliases, which can turn a few lines into gigabytes. */
const MOST_NODES = 10_000;

/**
 * Parses a YAML file and returns the node at `section`, a path of keys; null if it does not exist. Resolves aliases.
 *
 * @param path Only for messages.
 * @throws {LocalError} `usage` with path, line and column if `text` is not YAML; `config-unreadable`
 */
export async function readYaml(text: string, path: string, section: readonly string[]): Promise<ConfigNode | null> {
  const yaml = await loadYaml(path);
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    const why = error.code === "MULTIPLE_DOCS" ? "more than one document" : error.message;
    const facts = { path, line, column: col };
    throw new LocalError("usage", `${path}:${line}:${col}: Invalid YAML: ${why}`, { facts });
  }
  let nodes = 0;
  const fault = (line: number, what: string) => fileFault({ path, line }, what);

  const followed = (node: unknown, line: number): unknown => {
    if (!yaml.isAlias(node)) return node;
    const target = node.resolve(document);
    if (target === undefined) throw fault(line, `Undefined anchor \`&${node.source}\``);
    return target;
  };
  const toNode = (given: unknown, lineAbove: number, above: readonly unknown[]): ConfigNode => {
    const node = followed(given, lineAbove);
    if (above.includes(node)) throw fault(lineAbove, "Recursive alias");
    if (++nodes > MOST_NODES) throw fault(lineAbove, `Too many values (more than ${MOST_NODES})`);
    const start = (node as YamlNode | null)?.range?.[0];
    const line = start === undefined ? lineAbove : lines.linePos(start).line;
    if (yaml.isMap(node)) return { line, entries: node.items.map((pair) => toEntry(pair, line, [...above, node])) };
    if (yaml.isSeq(node)) return { line, items: node.items.map((item) => toNode(item, line, [...above, node])) };
    if (!yaml.isScalar(node)) return { line: lineAbove, text: "", value: null };
    const { value, source } = node;
    if (typeof value === "string") return { line, text: value, value };
    const text = source ?? String(value ?? "");
    return {
      line,
      text,
      value: typeof value === "number" || typeof value === "boolean" || value === null ? value : text,
    };
  };
  const toEntry = (pair: { key: unknown; value: unknown }, line: number, above: readonly unknown[]): ConfigEntry => {
    const key = toNode(pair.key, line, above);
    return { key: "text" in key ? key.text : "", line: key.line, node: toNode(pair.value, key.line, above) };
  };

  let node = document.contents;
  let line = 1;
  for (const name of section) {
    node = followed(node, line);
    if (!yaml.isMap(node)) return null;
    const pair = node.items.find(({ key }) => yaml.isScalar(key) && key.value === name);
    if (pair === undefined) return null;
    line = lines.linePos((pair.key as YamlNode).range![0]!).line;
    node = pair.value;
  }
  return toNode(node, line, []);
}

/** Loads the YAML library; only needed for a `config.yaml` that is not cached. */
async function loadYaml(path: string): Promise<YamlPackage> {
  try {
    return await loadPackage<YamlPackage>("yaml");
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new LocalError("config-unreadable", `Cannot load the npm package \`yaml\` to read ${path}`, {
      hint: "Run `npm install` in the tool's directory, or run this once with network access",
      facts: { path, why: error.message },
      cause: error,
    });
  }
}
