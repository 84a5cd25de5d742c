/**
 * The entry of the supervisor's process, spawned by `start` with descriptor 3 being `supervisor.lock`, held, and one
 * argument, the {@linkcode LaunchRequest} as JSON. That of an ephemeral instance makes the home and takes the lock
 * itself; when whoever it is for is gone, it only removes what that one left. Imports no `@std` and no npm package, so that
 * it runs whatever configuration the caller's runtime was given.
 *
 * @module
 */
import process from "node:process";
import { type Failure, toFailure } from "../errors/failure.ts";
import { LocalError } from "../errors/local_error.ts";
import { createInstance, type LaunchRequest, NO_HOME_EXIT, SUPERSEDED_EXIT } from "../instance/context.ts";
import { writeLastFailure } from "../instance/last_failure.ts";
import { instancePaths } from "../instance/paths.ts";
import { adoptLock, type LockFile, tryLock } from "../platform/files/lock_file.ts";
import { releaseExecutable } from "../platform/files/release_executable.ts";
import { isStillThere } from "../platform/processes/processes.ts";
import { processesHere } from "../platform/processes/processes_here.ts";
import { currentHost } from "../platform/runtime/current_host.ts";
import type { Host } from "../platform/runtime/host.ts";
import { makeEphemeralHome } from "./ephemeral_home.ts";
import { runSupervisor, SUPERSEDED } from "./run.ts";

/** The descriptor on which the lock is handed over. */
const LOCK_FD = 3;

/** When what only the start needed is let go of, in ms: Temporal serves by then, as a rule. */
const RELEASE_AFTER_MS = 5000;

/** Supervises as the order in the arguments says. Resolves with the exit code. */
async function main(host: Host): Promise<number> {
  const launchRequest = JSON.parse(host.args[0] ?? "") as LaunchRequest;
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
  host.onSignal(["SIGHUP"], () => {}); // whose default would end us; there is no terminal that it could come from
  host.onSignal(["SIGTERM", "SIGINT"], () => stop.abort());
  host.after(RELEASE_AFTER_MS, releaseExecutable);
  const failure = await supervise(host, launchRequest, lock, stop.signal);
  if (failure === SUPERSEDED) return SUPERSEDED_EXIT;
  // Its home, with the outcome in it, is gone: who started it reads what it said.
  if (failure !== null && ephemeralFor !== undefined) await host.write("stderr", JSON.stringify(failure) + "\n");
  return failure === null ? 0 : 1;
}

/** What bars the very beginning is left behind for who started us, as whatever else makes a supervisor give up. */
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
    writeLastFailure(paths.lastFailure, {
      at: new Date().toISOString(),
      failure,
      lastExit: null,
      restarts: 0,
      settings: null,
    });
    return failure;
  }
}

/** Null when the lock file was deleted while it was handed over: whoever wants the lock must begin anew. */
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
    const stack = error instanceof Error ? error.stack : undefined;
    const line = { at: new Date().toISOString(), event: "supervisor died", why: String(error), stack };
    await host.write("stderr", JSON.stringify(line) + "\n");
    host.exit(70); // EX_SOFTWARE, sysexits(3)
  }
});
