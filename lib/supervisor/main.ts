/**
 * The entry point of the supervisor, spawned by `start` with the held `supervisor.lock` as descriptor 3 and one
 * argument, the {@linkcode LaunchRequest} as JSON. The supervisor of an ephemeral instance creates the home and takes
 * the lock itself; if the instance's owner has exited, it only cleans up. Imports neither `@std` nor npm packages, so
 * that it runs with any configuration of the caller's runtime.
 *
 * @module
 */
import process from "node:process";
import { type Failure, toFailure } from "../errors/failure.ts";
import { LocalError } from "../errors/local_error.ts";
import { createInstance, type LaunchRequest, NO_HOME_EXIT, SUPERSEDED_EXIT } from "../instance/context.ts";
import { readLastFailure, writeLastFailure } from "../instance/last_failure.ts";
import { instancePaths } from "../instance/paths.ts";
import { adoptLock, type LockFile, tryLock } from "../platform/locks/lock_file.ts";
import { isStillThere } from "../platform/processes/processes.ts";
import { processesHere } from "../platform/processes/processes_here.ts";
import { currentHost } from "../platform/runtime/current_host.ts";
import type { Host } from "../platform/runtime/host.ts";
import { makeEphemeralHome } from "./ephemeral_home.ts";
import { runSupervisor, SUPERSEDED } from "./run.ts";

/** The descriptor of the inherited lock. */
const LOCK_FD = 3;

/** Supervises the instance of the launch request in the arguments. Resolves with the exit code. */
async function main(host: Host): Promise<number> {
  const launchRequest = JSON.parse(host.args.at(-1) ?? "") as LaunchRequest;
  const paths = instancePaths(launchRequest.home);
  const { ephemeralFor } = launchRequest;
  if (ephemeralFor !== undefined) {
    if (!isStillThere(ephemeralFor, processesHere(host.platform))) {
      await (await import("./ephemeral_cleanup.ts")).cleanUpEphemeral(host, launchRequest);
      return 0;
    }
    if (!makeEphemeralHome(paths, host.uid)) return NO_HOME_EXIT;
    process.chdir(paths.home);
  }
  const { supervisorLock } = paths;
  const lock = ephemeralFor === undefined ? inheritedLock(supervisorLock) : await tryLock(supervisorLock);
  if (lock === null) return SUPERSEDED_EXIT;
  const stop = new AbortController();
  host.onSignal(["SIGHUP"], () => {}); // would terminate the process; there is no terminal to send it
  host.onSignal(["SIGTERM", "SIGINT", "SIGQUIT"], () => stop.abort());
  const failure = await supervise(host, launchRequest, lock, stop.signal);
  if (failure === SUPERSEDED) return SUPERSEDED_EXIT;
  // The home, with the recorded failure, is deleted: the parent reads the failure from stderr.
  if (failure !== null && ephemeralFor !== undefined) await host.write("stderr", JSON.stringify(failure) + "\n");
  return failure === null ? 0 : 1;
}

/** Runs the supervisor. Records a failure before its start, too, for the parent process. */
async function supervise(
  host: Host,
  launchRequest: LaunchRequest,
  lock: LockFile,
  signal: AbortSignal,
): Promise<Failure | null> {
  const paths = instancePaths(launchRequest.home);
  try {
    return await runSupervisor(createInstance(host, launchRequest, paths.supervisorLog), launchRequest, lock, signal);
  } catch (error) {
    if (!(error instanceof LocalError)) throw error;
    const failure = toFailure(error);
    writeLastFailure(paths.lastFailure, { failure, served: readLastFailure(paths.lastFailure)?.served ?? null });
    return failure;
  }
}

/** Null if the lock file was deleted during the handover: the parent must start over. */
function inheritedLock(path: string): LockFile | null {
  try {
    return adoptLock(LOCK_FD, path);
  } catch (error) {
    if (error instanceof LocalError && error.facts["isReplaced"] === true) return null;
    throw error;
  }
}

currentHost().then(async (host) => {
  try {
    host.exit(await main(host));
  } catch (error) {
    const stack = (await import("../platform/packaging/source_stack.ts")).readableStack(error);
    const line = { at: new Date().toISOString(), event: "supervisor died", why: String(error), stack };
    await host.write("stderr", JSON.stringify(line) + "\n");
    host.exit(70); // EX_SOFTWARE, sysexits(3)
  }
});
