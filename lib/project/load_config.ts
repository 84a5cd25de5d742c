import { type ConfigFile, readConfigFile } from "../config/file/config_file.ts";
import { CONFIG_SECTION } from "../config/flags/flag.ts";
import { LocalError } from "../errors/local_error.ts";
import { isOwnHome } from "../instance/owner.ts";
import { instancePaths } from "../instance/paths.ts";
import type { Host, TextRefusal } from "../platform/runtime/host.ts";
import { quotedIfNeeded } from "../text/shell_word.ts";
import { MAX_BYTES, readCachedYaml } from "./cached_yaml.ts";

/**
 * Reads our section of the home's `config.yaml`; null if there is none, or if other users can write to the home: commands
 * refuse such a home anyway.
 *
 * @throws {LocalError} `usage` with the line of a fault in it; `config-unreadable`
 */
export async function loadConfig(host: Host, home: string): Promise<ConfigFile | null> {
  if (!isOwnHome(host, home)) return null;
  const { config: path, configRead } = instancePaths(home);
  const reading = host.readText(path, MAX_BYTES);
  if ("refused" in reading) {
    if (reading.refused === "missing") return null;
    throw unreadable(path, reading.refused);
  }
  const yaml = { path, text: reading.text, section: CONFIG_SECTION };
  return readConfigFile(path, await readCachedYaml(host, yaml, configRead));
}

/** The error for a file with settings that cannot be read. */
export function unreadable(path: string, refused: TextRefusal): LocalError {
  return new LocalError("config-unreadable", `Cannot read ${path}: ${WHY[refused]}`, {
    hint: `Check it with \`ls -l ${quotedIfNeeded(path)}\`; it must be a file that you own`,
    facts: { path, why: refused },
  });
}

const WHY: Record<TextRefusal, string> = {
  missing: "a dangling link, or removed at this moment",
  "not-a-file": "not a regular file",
  "too-big": `larger than ${MAX_BYTES / 1024 / 1024} MB`,
  unreadable: "permission denied",
};
