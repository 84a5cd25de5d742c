/** The paths of an instance's files, all within its home. */
export type InstancePaths = ReturnType<typeof instancePaths>;

/** The name of a project file. */
export const PROJECT_FILE_NAME = "stigmer-local.yaml";

/** The variable that names the project file; `off` = none. */
export const PROJECT_VARIABLE = "STIGMER_PROJECT";

/** The name of a project's home, beside the project file. */
export const PROJECT_HOME_NAME = ".stigmer";

/** The name of the control socket within the home. */
export const CONTROL_SOCKET_NAME = "control.sock";

/** The end of the path of the folder that `run` puts first on PATH. */
export const PATH_FOLDER = "/run-path";

/** What the name of an ephemeral home begins with. */
export const EPHEMERAL_PREFIX = "stigmer-ephemeral-";

/** The paths of the instance at `home`, an absolute path without a trailing slash. */
export function instancePaths(home: string) {
  return {
    home,
    /** What the supervised process is: `temporal`, else the name of a process beside it. */
    program: "temporal",
    /** Managed binaries of this home alone, and the selected version. */
    binDir: `${home}/bin`,
    logsDir: `${home}/logs`,
    temporalLog: `${home}/logs/temporal.log`,
    supervisorLog: `${home}/logs/supervisor.log`,
    /** The lock that the supervised process inherits. */
    processLock: `${home}/temporal.lock`,
    supervisorLock: `${home}/supervisor.lock`,
    record: `${home}/temporal.pid`,
    /** The control socket in the home; the full path may be too long to bind. */
    controlSocket: `${home}/${CONTROL_SOCKET_NAME}`,
    /** Why the last supervisor gave up. */
    lastFailure: `${home}/outcome.json`,
    /** The last transitions, one JSON document per line. */
    history: `${home}/history.jsonl`,
    /** The database, unless `--db-filename` is given. */
    defaultDatabase: `${home}/temporal-data/temporal.db`,
    config: `${home}/config.yaml`,
    /** The parsed content of `config.yaml`, cached so that the YAML parser need not be loaded again. */
    configRead: `${home}/config.read.json`,
    /** The parsed content of the project file that was read last, likewise. */
    projectRead: `${home}/project.read.json`,
    /** The ports that `auto` chose. */
    ports: `${home}/ports.json`,
    /** A link to the binary that runs, alone in its folder, so that the folder can stand first on PATH. */
    temporalLink: `${home}${PATH_FOLDER}/temporal`,
  };
}

/** The folder of the locks and records of the processes beside Temporal. */
export function processesDir(home: string): string {
  return `${home}/processes`;
}

/** The paths of the instance for the process `name` beside Temporal, which has a lock and a record of its own. */
export function processPaths(paths: InstancePaths, name: string): InstancePaths {
  const folder = processesDir(paths.home);
  return { ...paths, program: name, processLock: `${folder}/${name}.lock`, record: `${folder}/${name}.pid` };
}

/** The log of the process `name` beside Temporal. */
export function processLog({ logsDir }: Pick<InstancePaths, "logsDir">, name: string): string {
  return `${logsDir}/${name}.log`;
}

/** The environment variable that names another {@linkcode storePath}. */
export const STORE_VARIABLE = "STIGMER_STORE";

/**
 * The folder of the managed binaries of this user, whatever the home: `bin` of the default home, which Stigmer's own
 * command line uses too. For a user without a home directory, `bin` of the instance's home.
 */
export function storePath(home: string, env: Readonly<Record<string, string | undefined>>, cwd: string): string {
  const named = env[STORE_VARIABLE];
  if (named) return absolutePath(named, cwd);
  const userHome = env["HOME"];
  return userHome?.startsWith("/") === true ? absolutePath(`${userHome}/.stigmer/bin`, "/") : `${home}/bin`;
}

/** Path of the managed binary of `version` in `folder`. */
export function managedBinaryPath(folder: string, version: string): string {
  return `${folder}/temporal-${version}`;
}

/**
 * `path` made absolute against `cwd`, with `.`, `..`, doubled and trailing slashes resolved by their text. Does without
 * `node:path`, which costs a Deno process 10 ms in commands that run hundreds of times a day.
 */
export function absolutePath(path: string, cwd: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith("/") ? path : `${cwd}/${path}`).split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return `/${parts.join("/")}`;
}
