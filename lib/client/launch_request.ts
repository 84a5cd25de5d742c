import { type FindOptions, findTemporal } from "../binary/find.ts";
import { readSelectedVersion, settleSelectedVersion } from "../binary/selected_version.ts";
import type { CommandContext } from "../cli/context.ts";
import type { LaunchRequest } from "../instance/context.ts";
import { instancePaths } from "../instance/paths.ts";

/**
 * What a supervisor is to be told, with the binary resolved, which may take minutes where it has to be installed.
 *
 * @param isElsewhere What is to run has nothing to do with the Temporal of this home.
 * @throws {LocalError} `binary-not-found`, `install-failed`, `interrupted`
 */
export async function createLaunchRequest(
  context: CommandContext,
  replace: boolean,
  isElsewhere = false,
): Promise<LaunchRequest> {
  const { home, requested, requestedBinary, policy } = context.invocation;
  return {
    home,
    requested: requested,
    replace,
    policy,
    binary: await resolveBinary(context, replace, isElsewhere),
    binaryRequested: requestedBinary !== null,
  };
}

async function resolveBinary(
  context: CommandContext,
  replace: boolean,
  isElsewhere: boolean,
): Promise<string | null> {
  const options = findOptions(context);
  settleSelectedVersion(options.home);
  const { binary } = findTemporal(options);
  if (binary !== null) return binary.path;
  // A Temporal that runs without a supervisor only has to be adopted, or is restarted with its own binary.
  if (!isElsewhere && options.isVersionRequested !== true && await hasTemporal(context, replace)) return null;
  return await installBinary(context, options);
}

/** Where the binary of a launch is looked for. */
export function findOptions({ host, invocation: { home, temporalBin, temporalVersion } }: CommandContext): FindOptions {
  return {
    ...(temporalBin === null
      ? {}
      : { explicit: { path: temporalBin, origin: "--temporal-bin or STIGMER_TEMPORAL_BIN" } }),
    home,
    version: temporalVersion ?? readSelectedVersion(home).version,
    isVersionRequested: temporalVersion !== null,
    cwd: host.cwd(),
    env: host.env,
  };
}

/**
 * The binary that a restart is to move a supervised Temporal to: the one that is asked for, installed if need be, or the
 * one that was installed since the last launch; null = it keeps its own.
 *
 * @throws {LocalError} `binary-not-found`, `install-failed`, `interrupted`
 */
export async function binaryForRestart(context: CommandContext): Promise<string | null> {
  const options = findOptions(context);
  const isAsked = options.explicit !== undefined || options.isVersionRequested === true;
  if (isAsked) return findTemporal(options).binary?.path ?? await installBinary(context, options);
  if (!readSelectedVersion(options.home).isPending) return null;
  const { binary } = findTemporal({ ...options, isVersionRequested: true });
  return binary?.path ?? null;
}

/** Whether a Temporal of ours is alive, and its binary still there if that is needed. */
async function hasTemporal(
  { host, invocation: { home } }: CommandContext,
  needsBinary: boolean,
): Promise<boolean> {
  const [{ findTemporal: findRunning }, { processesHere }] = await Promise.all([
    import("../instance/find_temporal.ts"),
    import("../platform/processes/processes_here.ts"),
  ]);
  const leader = findRunning(instancePaths(home), processesHere(host.platform)).temporal?.leader;
  if (leader === undefined || leader === null) return false;
  return !needsBinary || (leader.executable !== null && host.exists(leader.executable));
}

/** Installs the binary, and shows how far that is. */
async function installBinary(context: CommandContext, options: FindOptions): Promise<string> {
  const [{ resolveTemporal }, { prepareHome }, { showInstall }] = await Promise.all([
    import("../binary/resolve.ts"),
    import("../instance/home.ts"),
    import("../binary/install_progress.ts"),
  ]);
  prepareHome(context.invocation.home);
  const binary = await showInstall(context, options.version, (watch) => resolveTemporal({ ...options, ...watch }));
  return binary.path;
}
