import { type ConfigNode, isConfigNode } from "../config/file/config_node.ts";
import { orNull } from "../errors/system_error.ts";
import type { Host } from "../platform/runtime/host.ts";
import { isObject, parseJson } from "../text/json_value.ts";

/** Limits what is read as a file with settings; no real one is this large. */
export const MAX_BYTES: number = 1024 * 1024;

/** A YAML file, and the part of it that is of interest. */
export interface YamlText {
  /** Only for messages. */
  path: string;
  text: string;
  /** The path of keys to the part; empty = all of it. */
  section: readonly string[];
}

/**
 * The node at `section` of a YAML file; null if it does not exist.
 *
 * The YAML library takes 30–60 ms to load, more than most commands take in all. So the parsed section is cached in the file
 * `cache`, keyed by the hash of the text. A failed write is ignored: the next command then parses the file again.
 *
 * @param cache Its path; null = parse anew and cache nothing.
 * @throws {LocalError} `usage` with path, line and column if `text` is not YAML; `config-unreadable`
 */
export async function readCachedYaml(host: Host, yaml: YamlText, cache: string | null): Promise<ConfigNode | null> {
  const { text, path, section: keys } = yaml;
  const sha256 = cache === null ? "" : await hashOf(text);
  const cached = cache === null ? undefined : cachedSection(host, cache, sha256);
  if (cached !== undefined) return cached;
  const { readYaml } = await import("../config/file/read_yaml.ts");
  const section = await readYaml(text, path, keys);
  if (cache !== null) {
    const { writeJsonFile } = await import("../platform/files/json_file.ts");
    orNull(() => writeJsonFile(cache, { sha256, section }));
  }
  return section;
}

async function hashOf(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The cached section of the text with hash `sha256`; undefined if there is no valid one. */
function cachedSection(host: Host, path: string, sha256: string): ConfigNode | null | undefined {
  const reading = host.readText(path, 10 * MAX_BYTES);
  const cached = "text" in reading ? parseJson(reading.text) : undefined;
  if (!isObject(cached) || cached["sha256"] !== sha256) return undefined;
  const { section } = cached;
  return section === null || isConfigNode(section) ? section : undefined;
}
