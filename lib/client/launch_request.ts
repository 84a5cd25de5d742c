import { type FindOptions, findOptions, findTemporal } from "../binary/find.ts";
import { readSelectedVersion, settleSelectedVersion } from "../binary/selected_version.ts";
import type { CommandContext } from "../cli/context.ts";
import type { LaunchRequest } from "../instance/context.ts";
import { absolutePath, instancePaths } from "../instance/paths.ts";

/**
 * The launch request for a new supervisor. Resolves the binary, which may take minutes if it must be installed first.
 *
 * @param isElsewhere The launch is independent of the Temporal of this home.
 * @throws {LocalError} `binary-not-found`, `install-failed`, `interrupted`
 */
export async function createLaunchRequest(
  context: CommandContext,
  replace: boolean,
  isElsewhere = false,
): Promise<LaunchRequest> {
  const { home, requested, temporalBin, temporalVersion, policy, project, processes, names } = context.invocation;
  return {
    home,
    ...(project === null ? {} : { project: absolutePath("..", project.path) }),
    requested,
    replace,
    policy,
    binary: await resolveBinary(context, replace, isElsewhere),
    binaryRequested: temporalBin !== null || temporalVersion !== null,
    ...(processes === undefined ? {} : { processes, ...(names === undefined ? {} : { names }) }),
  };
}

async function resolveBinary(
  context: CommandContext,
  replace: boolean,
  isElsewhere: boolean,
): Promise<string | null> {
  const options = findOptions(context);
  settleSelectedVersion(options.home);
  const { binary, tried } = findTemporal(options);
  if (binary !== null) return binary.path;
  // An unsupervised Temporal is adopted, or restarted with its own binary.
  if (!isElsewhere && options.isVersionRequested !== true && await hasTemporal(context, replace)) return null;
  return await installBinary(context, options, tried);
}

/**
 * The binary that the next launch would run, installed if it is missing.
 *
 * @throws {LocalError} `binary-not-found`, `install-failed`, `interrupted`
 */
export async function binaryToRun(context: CommandContext): Promise<string> {
  const options = findOptions(context);
  const { binary, tried } = findTemporal(options);
  return binary?.path ?? await installBinary(context, options, tried);
}

/**
 * The binary for the restart of a supervised Temporal: the requested one, installed if missing, or the one installed
 * since the last launch; null = keep the current one.
 *
 * @throws {LocalError} `binary-not-found`, `install-failed`, `interrupted`
 */
export async function binaryForRestart(context: CommandContext): Promise<string | null> {
  const options = findOptions(context);
  const isRequested = options.explicit !== undefined || options.isVersionRequested === true;
  if (isRequested) return await binaryToRun(context);
  if (!readSelectedVersion(options.home).isPending) return null;
  const { binary } = findTemporal({ ...options, isVersionRequested: true });
  return binary?.path ?? null;
}

/** Whether Temporal is running, and its binary still exists if `needsBinary`. */
async function hasTemporal(
  { host, invocation: { home } }: CommandContext,
  needsBinary: boolean,
): Promise<boolean> {
  const [{ findProcess }, { processesHere }] = await Promise.all([
    import("../instance/find_process.ts"),
    import("../platform/processes/processes_here.ts"),
  ]);
  const leader = findProcess(instancePaths(home), processesHere(host.platform)).found?.leader;
  if (leader === undefined || leader === null) return false;
  return !needsBinary || (leader.executable !== null && host.exists(leader.executable));
}

/** Installs the binary, which was `searched` for, and shows progress. */
async function installBinary(
  context: CommandContext,
  options: FindOptions,
  searched: readonly string[],
): Promise<string> {
  const [{ installMissing }, { prepareHome }, { showInstall }] = await Promise.all([
    import("../binary/install.ts"),
    import("../instance/home.ts"),
    import("../binary/install_progress.ts"),
  ]);
  prepareHome(context.invocation.home);
  return (await showInstall(context, (watch) => installMissing({ ...options, ...watch }, searched))).path;
}
