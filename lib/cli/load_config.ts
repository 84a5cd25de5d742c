import { type ConfigFile, readConfigFile } from "../config/file/config_file.ts";
import { type ConfigNode, isConfigNode } from "../config/file/config_node.ts";
import { CONFIG_SECTION } from "../config/flags/flag.ts";
import { LocalError } from "../errors/local_error.ts";
import { instancePaths } from "../instance/paths.ts";
import type { Host, TextRefusal } from "../platform/runtime/host.ts";

/** No person writes settings as long as this. */
const MAX_BYTES = 1024 * 1024;

/**
 * Reads our part of the home's `config.yaml`; null when there is none, and in a home that others can write to, which no
 * command has anything to do with.
 *
 * A YAML library takes 30–60 ms to load, more than most commands take in all. So what was read is kept beside it, under
 * the hash of the whole text that it was read from.
 *
 * @throws {LocalError} `usage` for a fault in it, with its line; `config-unreadable`
 */
export async function loadConfig(host: Host, home: string): Promise<ConfigFile | null> {
  const owner = host.folderOwner(home);
  if (owner === null || owner.uid !== host.uid || (owner.mode & 0o022) !== 0) return null;
  const { config: path, configRead } = instancePaths(home);
  const reading = host.readText(path, MAX_BYTES);
  if ("refused" in reading) {
    if (reading.refused === "missing") return null;
    throw new LocalError("config-unreadable", `${path} can't be read: ${WHY[reading.refused]}`, {
      hint: `It is to be a file of yours: \`ls -l ${path}\``,
      facts: { path, why: reading.refused },
    });
  }
  const sha256 = await hashOf(reading.text);
  const kept = keptSection(host, configRead, sha256);
  if (kept !== undefined) return readConfigFile(path, kept);
  const { readYaml } = await import("../config/file/read_yaml.ts");
  const section = await readYaml(reading.text, path, CONFIG_SECTION);
  const file = readConfigFile(path, section);
  await keepSection(configRead, sha256, section);
  return file;
}

async function hashOf(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const WHY: Record<Exclude<TextRefusal, "missing">, string> = {
  "not-a-file": "it is no file",
  "too-big": `it is larger than ${MAX_BYTES / 1024 / 1024} MB`,
  unreadable: "permission is denied",
};

/** What was read from the very same text; undefined where nothing was, or where what is there makes no sense. */
function keptSection(host: Host, path: string, sha256: string): ConfigNode | null | undefined {
  const reading = host.readText(path, 10 * MAX_BYTES);
  if ("refused" in reading) return undefined;
  try {
    const kept = JSON.parse(reading.text) as { sha256?: unknown; section?: unknown } | null;
    if (kept?.sha256 !== sha256) return undefined;
    return kept.section === null || isConfigNode(kept.section) ? kept.section : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A home that can't be written to costs the next command the same time again, and nothing more. */
async function keepSection(path: string, sha256: string, section: ConfigNode | null): Promise<void> {
  const [{ writeAtomically }, { systemErrorCode }] = await Promise.all([
    import("../platform/files/atomic_file.ts"),
    import("../errors/local_error.ts"),
  ]);
  try {
    writeAtomically(path, JSON.stringify({ sha256, section }) + "\n");
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
  }
}
