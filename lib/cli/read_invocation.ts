import type { ConfigFile } from "../config/file/config_file.ts";
import { readAnswer } from "../config/flags/flag_values.ts";
import { toFailure } from "../errors/failure.ts";
import { LocalError } from "../errors/local_error.ts";
import { absolutePath, instancePaths, PROJECT_VARIABLE } from "../instance/paths.ts";
import type { Host } from "../platform/runtime/host.ts";
import { findProject, namedProject } from "../project/find_project.ts";
import type { Project } from "../project/load_project.ts";
import { homeOf, type Invocation, invocationOf, settingPath, type Surroundings } from "./invocation.ts";
import type { CommandLine } from "./parse_args.ts";

/** Flags that print a text which no file changes. */
const PRINTS = ["help", "schema"];

/**
 * The invocation of a command line: with the project file that counts in the working directory, and the `config.yaml` of
 * its home. A command that must work when things are broken ignores a faulty file; the invocation says why.
 *
 * @param env The environment of this process, or what stands for it.
 * @throws {LocalError} `usage`, `home-unusable`, `project-unusable`, `config-unreadable`
 */
export async function readInvocation(
  host: Host,
  line: CommandLine,
  env: Surroundings["env"] = host.env,
): Promise<Invocation> {
  const { config = "needed" } = line.command;
  const isUnread = config === "ignored" || PRINTS.some((name) => line.options.get(name) === true);
  const here = { env, cwd: host.cwd() };
  const project = isUnread ? null : await projectOf(host, line, here);
  const surroundings = { ...here, project };
  if (isUnread || config === "home") return invocationOf(line, surroundings, []);

  const files: ConfigFile[] = [];
  const faults: LocalError[] = [];
  if (project !== null && project.fault === null) files.push(project.file);
  else if (project !== null) faults.push(project.fault!);
  try {
    const home = homeOf(line, surroundings);
    const hasConfig = host.exists(instancePaths(home).config);
    const file = hasConfig ? await (await import("../project/load_config.ts")).loadConfig(host, home) : null;
    if (file !== null) files.push(file);
  } catch (error) {
    if (!(error instanceof LocalError)) throw error;
    faults.push(error);
  }
  const [fault] = faults;
  if (config !== "wanted") {
    if (fault !== undefined) throw fault;
    return invocationOf(line, surroundings, files);
  }
  const invocation = withoutFaulty(line, surroundings, files);
  return fault === undefined ? invocation : { ...invocation, configFailure: toFailure(fault) };
}

/** The invocation without the files that are at fault; throws if none is. */
function withoutFaulty(line: CommandLine, surroundings: Surroundings, files: readonly ConfigFile[]): Invocation {
  try {
    return invocationOf(line, surroundings, files);
  } catch (error) {
    if (files.length === 0 || !(error instanceof LocalError)) throw error;
    const sound = files.filter(({ path }) => path !== error.facts["path"]);
    const rest = sound.length < files.length ? sound : [];
    return { ...withoutFaulty(line, surroundings, rest), configFailure: toFailure(error) };
  }
}

/** The project that a command line is for: the one that the environment names, else the one that is found. */
async function projectOf(host: Host, line: CommandLine, { env, cwd }: Surroundings): Promise<Project | null> {
  if (line.options.get("no-project") === true) return null;
  const named = env[PROJECT_VARIABLE] ?? "";
  const isWanted = named === "" ? true : readAnswer(named);
  if (isWanted === false) return null;
  const path = isWanted === true ? findProject(host, cwd) : namedProject(host, absolutePath(named, cwd));
  if (path === null) return null;
  const { loadProject } = await import("../project/load_project.ts");
  return await loadProject(host, path, {
    homeOf: (project) => homeOf(line, { env, cwd, project }),
    resolve: (each) => settingPath(each, `${path}/..`, env),
  });
}
