import { closeSync, statSync } from "node:fs";
import type { CommandContext } from "../cli/context.ts";
import { withLiveLine } from "../cli/progress_line.ts";
import { statusOrThrow } from "../control/client.ts";
import { askLong, type ControlRequest, isLeaving, type LongAnswer } from "../control/request.ts";
import { type LaunchRequest, SUPERSEDED_EXIT } from "../instance/context.ts";
import { prepareHome } from "../instance/home.ts";
import { readLastFailure } from "../instance/last_failure.ts";
import { instancePaths } from "../instance/paths.ts";
import type { Status } from "../instance/status/status.ts";
import { openLog } from "../logs/open_log.ts";
import { readTail } from "../logs/read_tail.ts";
import { makeFolder } from "../platform/files/make_folder.ts";
import { type LockFile, tryLock } from "../platform/locks/lock_file.ts";
import { delay } from "../platform/runtime/delay.ts";
import type { Host } from "../platform/runtime/host.ts";
import type { DetachedProcess } from "../platform/spawn/spawn_detached.ts";
import { tellMove } from "./data/tell_move.ts";
import { interruptible } from "./interruptible.ts";
import { createLaunchRequest } from "./launch_request.ts";
import { requireDeclared } from "./process_names.ts";
import {
  LAST_WORDS_BYTES,
  spawnSupervisor,
  startupError,
  statusFromSupervisor,
  waitForSupervisor,
} from "./spawn_supervisor.ts";

/** How {@linkcode ensureSupervisor} waits. */
interface Waiting {
  /** Timeout for all of it. */
  timeoutMs: number;
  /** Return as soon as the supervisor responds, without waiting for Temporal. */
  noWait: boolean;
  /** Called before a supervisor is spawned or a running one is asked: from then on it continues without this process. */
  onHandedOver: () => void;
  /** Aborts before a supervisor is spawned. */
  signal: AbortSignal;
}

/** Polling interval while another process starts the supervisor, in ms. */
const RETRY_MS = 25;

/**
 * Starts an instance that has no supervisor. Ctrl-C ends the wait, not the start: the supervisor keeps starting
 * Temporal.
 *
 * @param replaces Replace an unsupervised Temporal instead of adopting it.
 * @throws {LocalError} what the supervisor reported, `timeout`, `interrupted`, `home-unusable`, `lock-failed`
 */
export async function startSupervised(context: CommandContext, timeoutMs: number, replaces: boolean): Promise<Status> {
  const { host, invocation: { home, commandOptions } } = context;
  requireDeclared(context.invocation.names ?? [], context.invocation);
  const launchRequest = await createLaunchRequest(context, replaces);
  const noWait = commandOptions["no-wait"] === true;
  const ensured = (onHandedOver: () => void, signal: AbortSignal) =>
    ensureSupervisor(host, launchRequest, { timeoutMs, noWait, onHandedOver, signal });
  const status = await withLiveLine(context, () => interruptible(host, home, ensured));
  await tellMove(context, status);
  return status;
}

/**
 * Ensures that the instance has a supervisor, and waits until Temporal is ready. Takes `supervisor.lock` and passes it
 * to a new supervisor, or, if another process holds the lock, waits for that one.
 *
 * @throws the reason of `waiting.signal`
 */
async function ensureSupervisor(host: Host, launchRequest: LaunchRequest, waiting: Waiting): Promise<Status> {
  const giveUpAt = performance.now() + waiting.timeoutMs;
  const { home, requested, binaryRequested, binary, policy, processes, names } = launchRequest;
  const asked = { asked: requested, binary: binaryRequested ? binary : null, policy, processes, names };
  const request: ControlRequest = { method: "POST", path: "/start", body: { ...asked, noWait: waiting.noWait } };
  const warnings = prepareHome(home);
  const paths = instancePaths(home);
  await makeFolder(paths.logsDir);
  let hasSpawned = false; // stays true: on a machine that stalls, the spawned supervisor may be asked again
  for (;;) {
    const lock = await tryLock(paths.supervisorLock);
    if (lock !== null && waiting.signal.aborted) {
      lock.close();
      throw waiting.signal.reason;
    }
    hasSpawned ||= lock !== null;
    if (lock === null) waiting.onHandedOver();
    const answer = lock === null
      ? await askLong(host, home, request, Math.max(1, giveUpAt - performance.now()))
      : await installSupervisor(host, launchRequest, lock, waiting, giveUpAt);
    if (answer.kind === "answer" && !isLeaving(answer.response)) {
      const status = hasSpawned ? statusFromSupervisor(answer) : statusOrThrow(answer.response);
      return warnings.length === 0 ? status : { ...status, warnings: [...warnings, ...status.warnings ?? []] };
    }
    if (answer.kind === "late" || performance.now() > giveUpAt) {
      throw await (await import("../control/late_start.ts")).lateStart(host, home, waiting.timeoutMs);
    }
    if (answer.kind === "silent") {
      await (await import("./kill_unresponsive_supervisor.ts")).killUnresponsiveSupervisor(host, home);
    }
    await delay(RETRY_MS);
  }
}

/** Passes `lock` to a new supervisor, and waits for its answer. */
async function installSupervisor(
  host: Host,
  launchRequest: LaunchRequest,
  lock: LockFile,
  waiting: Waiting,
  giveUpAt: number,
): Promise<LongAnswer> {
  const { home } = launchRequest;
  const { supervisorLog, lastFailure } = instancePaths(home);
  let logStart: number;
  let supervisor: DetachedProcess;
  try {
    const output = openLog(supervisorLog);
    try {
      logStart = statSync(supervisorLog).size;
      waiting.onHandedOver();
      supervisor = await spawnSupervisor(host, launchRequest, { cwd: home, output, pass: [lock.fd] });
    } finally {
      closeSync(output);
    }
  } finally {
    lock.close(); // only the supervisor's inherited descriptor holds it now
  }
  const path = waiting.noWait ? "/status" : "/wait";
  const answer = await waitForSupervisor(host, launchRequest, supervisor, path, giveUpAt);
  const { exit } = supervisor;
  if (answer.kind !== "absent" || exit === null) return answer;
  if (exit.code === SUPERSEDED_EXIT) return answer; // the caller asks the new holder of the lock
  // A killed supervisor wrote no failure: a file found there is from an earlier one.
  const failure = exit.code === 1 ? readLastFailure(lastFailure)?.failure ?? null : null;
  const lastWords = readTail(supervisorLog, logStart, LAST_WORDS_BYTES);
  throw startupError(exit, failure, lastWords, supervisorLog);
}
