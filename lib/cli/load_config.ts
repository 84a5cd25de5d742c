import { type ConfigFile, readConfigFile } from "../config/file/config_file.ts";
import { type ConfigNode, isConfigNode } from "../config/file/config_node.ts";
import { CONFIG_SECTION } from "../config/flags/flag.ts";
import { LocalError } from "../errors/local_error.ts";
import { instancePaths } from "../instance/paths.ts";
import type { Host, TextRefusal } from "../platform/runtime/host.ts";
import { quotedIfNeeded } from "../text/shell_word.ts";

/** Protects against reading something else; no real configuration is this large. */
const MAX_BYTES = 1024 * 1024;

/**
 * Reads our section of the home's `config.yaml`; null if there is none, or if other users can write to the home: commands
 * refuse such a home anyway.
 *
 * The YAML library takes 30–60 ms to load, more than most commands take in all. So the parsed section is cached in a file,
 * keyed by the hash of the text.
 *
 * @throws {LocalError} `usage` with the line of a fault in it; `config-unreadable`
 */
export async function loadConfig(host: Host, home: string): Promise<ConfigFile | null> {
  const owner = host.folderOwner(home);
  if (owner === null || owner.uid !== host.uid || (owner.mode & 0o022) !== 0) return null;
  const { config: path, configRead } = instancePaths(home);
  const reading = host.readText(path, MAX_BYTES);
  if ("refused" in reading) {
    if (reading.refused === "missing") return null;
    throw new LocalError("config-unreadable", `Cannot read ${path}: ${WHY[reading.refused]}`, {
      hint: `Check it with \`ls -l ${quotedIfNeeded(path)}\`; it must be a file that you own`,
      facts: { path, why: reading.refused },
    });
  }
  const sha256 = await hashOf(reading.text);
  const cached = cachedSection(host, configRead, sha256);
  if (cached !== undefined) return readConfigFile(path, cached);
  const { readYaml } = await import("../config/file/read_yaml.ts");
  const section = await readYaml(reading.text, path, CONFIG_SECTION);
  const file = readConfigFile(path, section);
  await cacheSection(configRead, sha256, section);
  return file;
}

async function hashOf(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const WHY: Record<Exclude<TextRefusal, "missing">, string> = {
  "not-a-file": "not a regular file",
  "too-big": `larger than ${MAX_BYTES / 1024 / 1024} MB`,
  unreadable: "permission denied",
};

/** The cached section of the text with hash `sha256`; undefined if there is no valid one. */
function cachedSection(host: Host, path: string, sha256: string): ConfigNode | null | undefined {
  const reading = host.readText(path, 10 * MAX_BYTES);
  if ("refused" in reading) return undefined;
  try {
    const cached = JSON.parse(reading.text) as { sha256?: unknown; section?: unknown } | null;
    if (cached?.sha256 !== sha256) return undefined;
    return cached.section === null || isConfigNode(cached.section) ? cached.section : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Ignores a failed write: the next command then parses the file again. */
async function cacheSection(path: string, sha256: string, section: ConfigNode | null): Promise<void> {
  const [{ writeJsonFile }, { systemErrorCode }] = await Promise.all([
    import("../platform/files/json_file.ts"),
    import("../errors/local_error.ts"),
  ]);
  try {
    writeJsonFile(path, { sha256, section });
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
  }
}
