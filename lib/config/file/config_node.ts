import { isObject } from "../../text/json_value.ts";

/** A value in a YAML file, with its first line, counted from 1. */
export type ConfigNode =
  /** `text`: as written, without quotes; `value`: as parsed by YAML. */
  | { line: number; text: string; value: string | number | boolean | null }
  | { line: number; items: ConfigNode[] }
  | { line: number; entries: ConfigEntry[] };

/** One key of a mapping. */
export interface ConfigEntry {
  key: string;
  line: number;
  node: ConfigNode;
}

/** The value of `node` as plain JSON data. */
export function plainValue(node: ConfigNode): unknown {
  if ("items" in node) return node.items.map(plainValue);
  if ("entries" in node) return Object.fromEntries(node.entries.map(({ key, node }) => [key, plainValue(node)]));
  return node.value;
}

/** Whether `node` is empty: `port:` without a value, or an empty string. */
export function isEmpty(node: ConfigNode): boolean {
  return "value" in node && (node.value === null || node.value === "");
}

/** Whether `value`, parsed from untrusted JSON, is a {@linkcode ConfigNode}. */
export function isConfigNode(value: unknown): value is ConfigNode {
  if (!isObject(value)) return false;
  const { line, text, value: scalar, items, entries } = value;
  if (!Number.isSafeInteger(line)) return false;
  if (Array.isArray(items)) return items.every(isConfigNode);
  if (Array.isArray(entries)) return entries.every(isConfigEntry);
  return typeof text === "string" && (scalar === null || ["string", "number", "boolean"].includes(typeof scalar));
}

function isConfigEntry(value: unknown): value is ConfigEntry {
  if (!isObject(value)) return false;
  const { key, line, node } = value;
  return typeof key === "string" && Number.isSafeInteger(line) && isConfigNode(node);
}
