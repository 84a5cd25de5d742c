import { closeSync, statSync } from "node:fs";
import { statusOrThrow } from "../control/client.ts";
import { askStart, isLeaving, type LongAnswer } from "../control/request.ts";
import { LocalError } from "../errors/local_error.ts";
import { type LaunchRequest, SUPERSEDED_EXIT } from "../instance/context.ts";
import { prepareHome } from "../instance/home.ts";
import { readLastFailure } from "../instance/last_failure.ts";
import { instancePaths } from "../instance/paths.ts";
import type { Status } from "../instance/status/status.ts";
import { openLog } from "../logs/open_log.ts";
import { readTail } from "../logs/read_tail.ts";
import { type LockFile, tryLock } from "../platform/files/lock_file.ts";
import { makeFolder } from "../platform/files/make_folder.ts";
import { delay } from "../platform/runtime/delay.ts";
import type { Host } from "../platform/runtime/host.ts";
import type { DetachedProcess } from "../platform/spawn/spawn_detached.ts";
import {
  LAST_WORDS_BYTES,
  spawnSupervisor,
  startupError,
  statusFromSupervisor,
  waitForSupervisor,
} from "./spawn_supervisor.ts";

/** How the wait for a supervisor goes. */
export interface EnsureSupervisorOptions {
  /** For everything, in ms. */
  timeoutMs: number;
  /** Return as soon as the supervisor answers, without waiting for Temporal. */
  noWait: boolean;
  /** Called before a supervisor is spawned, or one that is there is asked: from then on it goes on without us. */
  onSupervisorStarting?: () => void;
  /** Once it aborts, no supervisor is spawned any more. */
  signal?: AbortSignal;
}

/** The pause between two tries to reach a supervisor that somebody else starts, in ms. */
const LOSER_POLL_MS = 25;

/**
 * Sees to it that the instance has a supervisor, and waits until Temporal serves: takes `supervisor.lock` and hands it
 * to a supervisor that it spawns, or, when another process has the lock, waits for that one.
 *
 * @throws {LocalError} what the supervisor told, `timeout`, `home-unusable`, `lock-failed`
 * @throws the reason of `options.signal`
 */
export async function ensureSupervisor(
  host: Host,
  launchRequest: LaunchRequest,
  options: EnsureSupervisorOptions,
): Promise<Status> {
  const giveUpAt = performance.now() + options.timeoutMs;
  const remainingMs = () => Math.max(1, giveUpAt - performance.now());
  const { warnings } = prepareHome(launchRequest.home);
  const paths = instancePaths(launchRequest.home);
  await makeFolder(paths.logsDir);
  let isWinner = false; // for good: on a machine that stalls, our own supervisor may be asked once more
  for (;;) {
    const lock = await tryLock(paths.supervisorLock);
    if (lock !== null && options.signal?.aborted) {
      lock.close();
      throw options.signal.reason;
    }
    isWinner ||= lock !== null;
    if (lock === null) options.onSupervisorStarting?.();
    const answer = lock === null
      ? await askIncumbent(host, launchRequest, options, remainingMs())
      : await installSupervisor(host, launchRequest, lock, options, remainingMs());
    if (answer.kind === "answer" && !isLeaving(answer.response)) {
      const status = isWinner ? statusFromSupervisor(answer) : statusOrThrow(answer.response);
      return warnings.length === 0 ? status : { ...status, warnings: [...warnings, ...status.warnings ?? []] };
    }
    if (answer.kind === "late" || performance.now() > giveUpAt) throw tooLate(options.timeoutMs);
    if (answer.kind === "silent") {
      await (await import("./kill_unresponsive_supervisor.ts")).killUnresponsiveSupervisor(host, launchRequest.home);
    }
    await delay(LOSER_POLL_MS);
  }
}

function askIncumbent(
  host: Host,
  launchRequest: LaunchRequest,
  options: EnsureSupervisorOptions,
  timeoutMs: number,
): Promise<LongAnswer> {
  const { requested, binaryRequested, binary, policy } = launchRequest;
  const request = { asked: requested, binary: binaryRequested ? binary : null, policy, noWait: options.noWait };
  return askStart(host, launchRequest.home, request, timeoutMs);
}

/** Hands `lock` to a supervisor, and asks that one. */
async function installSupervisor(
  host: Host,
  launchRequest: LaunchRequest,
  lock: LockFile,
  options: EnsureSupervisorOptions,
  timeoutMs: number,
): Promise<LongAnswer> {
  const paths = instancePaths(launchRequest.home);
  const logFd = openLogOrFree(paths.supervisorLog, lock);
  const logStart = statSync(paths.supervisorLog).size;
  const giveUpAt = performance.now() + timeoutMs;
  let supervisor: DetachedProcess;
  try {
    options.onSupervisorStarting?.();
    supervisor = await spawnSupervisor(host, launchRequest, {
      cwd: launchRequest.home,
      output: logFd,
      pass: [lock.fd],
    });
  } finally {
    closeSync(logFd);
    lock.close(); // the supervisor alone holds it from now on
  }
  const answer = await waitForSupervisor(
    host,
    launchRequest,
    supervisor,
    options.noWait ? "/status" : "/wait",
    giveUpAt,
  );
  const { exit } = supervisor;
  if (answer.kind !== "absent" || exit === null) return answer;
  if (exit.code === SUPERSEDED_EXIT) return answer; // whoever has the lock now is to be asked
  // Killed, it wrote no outcome: what may be there is an older one's.
  const lastFailure = exit.code === 1 ? readLastFailure(paths.lastFailure) : null;
  const lastWords = readTail(paths.supervisorLog, logStart, LAST_WORDS_BYTES);
  throw startupError(exit, lastFailure?.failure ?? null, lastWords, paths.supervisorLog);
}

function openLogOrFree(path: string, lock: LockFile): number {
  try {
    return openLog(path);
  } catch (error) {
    lock.close();
    throw error;
  }
}

function tooLate(timeoutMs: number): LocalError {
  return new LocalError("timeout", `Temporal does not serve after ${timeoutMs / 1000} s; the supervisor goes on`, {
    hint:
      "`stigmer-local wait` waits on, `stigmer-local status` and `stigmer-local logs` tell more, `stigmer-local stop` ends it",
  });
}
