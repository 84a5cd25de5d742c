import { type ConfigFile, PROCESSES_KEY, readConfigFile } from "../config/file/config_file.ts";
import { type ConfigEntry, type ConfigNode, isEmpty } from "../config/file/config_node.ts";
import { LocalError } from "../errors/local_error.ts";
import { isOwnHome } from "../instance/owner.ts";
import { instancePaths } from "../instance/paths.ts";
import type { Host } from "../platform/runtime/host.ts";
import { MAX_BYTES, readCachedYaml } from "./cached_yaml.ts";
import { unreadable } from "./load_config.ts";

/** A project file that counts for a command. */
export interface Project {
  /** Absolute. */
  path: string;
  /** Its settings; of a faulty file only the home, as far as it is known. */
  file: ConfigFile;
  /** What is wrong with it. */
  fault: LocalError | null;
}

/** What a project file leaves to the command line and the environment. */
export interface ProjectContext {
  /** The home of the instance, if the project is this one. */
  homeOf(project: Project): string;
  /** Makes a path in the file absolute. */
  resolve(path: string): string;
}

/**
 * Reads the project file at `path`, an absolute path. A fault in it is a value: commands that must work when things are
 * broken need its home nevertheless.
 *
 * Its parsed content is cached in the home of the instance, which the file itself may name. So that is read from the
 * text first; a guess that is wrong only means that nothing is cached.
 */
export async function loadProject(host: Host, path: string, { homeOf, resolve }: ProjectContext): Promise<Project> {
  const withHome = (home: ConfigEntry | null, fault: LocalError | null): Project => {
    const values = new Map(home === null ? [] : [["home", home]]);
    return { path, file: { path, kind: "project", values, processes: [] }, fault };
  };
  const reading = host.readText(path, MAX_BYTES);
  if ("refused" in reading) return withHome(null, unreadable(path, reading.refused));
  const guess = guessHome(reading.text);
  let section: ConfigNode | null;
  try {
    const yaml = { path, text: reading.text, section: [] };
    section = await readCachedYaml(host, yaml, cacheOf(host, () => homeOf(withHome(guess, null))));
  } catch (error) {
    return withHome(guess, faultOf(error));
  }
  try {
    const file = readConfigFile(path, section, "project");
    const processes = file.values.get(PROCESSES_KEY);
    if (processes === undefined) return { path, file, fault: null };
    const { parseProcesses } = await import("../config/file/parse_processes.ts");
    return { path, file: { ...file, processes: parseProcesses(path, processes, resolve) }, fault: null };
  } catch (error) {
    return withHome(homeIn(section), faultOf(error));
  }
}

function faultOf(error: unknown): LocalError {
  if (error instanceof LocalError) return error;
  throw error;
}

/** Where the parsed file is cached; null if the home does not exist, or others may write to it. */
function cacheOf(host: Host, homeOf: () => string): string | null {
  try {
    const home = homeOf();
    return isOwnHome(host, home) ? instancePaths(home).projectRead : null;
  } catch (error) {
    faultOf(error); // an invalid home is told where it is used
    return null;
  }
}

/** The value of `home` in the file. */
function homeIn(section: ConfigNode | null): ConfigEntry | null {
  if (section === null || !("entries" in section)) return null;
  const entry = section.entries.find(({ key }) => key === "home");
  return entry === undefined || isEmpty(entry.node) ? null : entry;
}

/** A `home:` on one line: in quotes, or without what YAML gives a meaning. */
const HOME_LINE =
  /^home:[ \t]+(?:"([^"\\\n]+)"|'([^'\n]+)'|([^\s#"'&*!|>{}[\]%@`,?:-][^\n#:]*?))[ \t]*(?:[ \t]#.*)?\r?$/m;

/** The value of `home` in the text of a file, which may not be YAML; null = none that is easily found. */
function guessHome(text: string): ConfigEntry | null {
  const match = HOME_LINE.exec(text);
  const value = match === null ? undefined : match[1] ?? match[2] ?? match[3];
  if (value === undefined || value === "~") return null; // `~` is YAML's null
  const line = text.slice(0, match!.index).split("\n").length;
  return { node: { line, text: value, value }, line, key: "home" };
}
