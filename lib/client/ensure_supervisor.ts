import { closeSync, statSync } from "node:fs";
import type { CommandContext } from "../cli/context.ts";
import { withLiveLine } from "../cli/progress_line.ts";
import { statusOrThrow } from "../control/client.ts";
import { askLong, type ControlRequest } from "../control/request.ts";
import { refuseSocketFolder } from "../control/socket_folder.ts";
import { LocalError } from "../errors/local_error.ts";
import { type LaunchRequest, SUPERSEDED_EXIT } from "../instance/context.ts";
import { prepareHome } from "../instance/home.ts";
import { readLastFailure } from "../instance/last_failure.ts";
import { type InstancePaths, instancePaths } from "../instance/paths.ts";
import type { Status } from "../instance/status/status.ts";
import { openLog } from "../logs/open_log.ts";
import { readTail } from "../logs/read_tail.ts";
import { makeFolder } from "../platform/files/make_folder.ts";
import { type LockFile, tryLock } from "../platform/locks/lock_file.ts";
import { delay } from "../platform/runtime/delay.ts";
import type { Host } from "../platform/runtime/host.ts";
import type { DetachedProcess } from "../platform/spawn/spawn_detached.ts";
import type { ProcessExit } from "../platform/spawn/spawn_options.ts";
import { tellMove } from "./data/tell_move.ts";
import { interruptible } from "./interruptible.ts";
import { createLaunchRequest } from "./launch_request.ts";
import { requireDeclared } from "./process_names.ts";
import { LAST_WORDS_BYTES, POLL_MS, spawnSupervisor, startupError, statusFromSupervisor } from "./spawn_supervisor.ts";

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
  refuseFirstProcess(context);
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
 * The kernel kills every process of a container when the first one exits (pid_namespaces(7)): a start would succeed, and
 * leave nothing. What `run` and `temporal` run ends before.
 */
function refuseFirstProcess({ host, invocation: { command }, isGuest }: CommandContext): void {
  if (host.pid !== 1 || isGuest === true || command.name === "run" || command.name === "temporal") return;
  throw new LocalError("usage", "This command is PID 1 of its container: Temporal would be killed when it exits", {
    hint: "`stigmer-local start --foreground` keeps running, and stops Temporal on SIGTERM",
  });
}

/**
 * Ensures that the instance has a supervisor, and waits until Temporal is ready. Takes `supervisor.lock` and passes it
 * to a new supervisor, or, if another process holds the lock, asks that one.
 *
 * @throws the reason of `waiting.signal`
 */
async function ensureSupervisor(host: Host, launchRequest: LaunchRequest, waiting: Waiting): Promise<Status> {
  const { noWait, signal } = waiting;
  const giveUpAt = performance.now() + waiting.timeoutMs;
  const { home, requested, binaryRequested, binary, policy, processes, names } = launchRequest;
  const body = { asked: requested, binary: binaryRequested ? binary : null, policy, noWait, processes, names };
  const warnings = prepareHome(home);
  const paths = instancePaths(home);
  await makeFolder(paths.logsDir);
  let own: DetachedProcess | null = null;
  let logStart = 0;
  let hasSpawned = false; // stays true: on a machine that stalls, the spawned supervisor may be asked again
  for (;;) {
    if (own === null) {
      const lock = await tryLock(paths.supervisorLock);
      if (lock !== null && signal.aborted) {
        lock.close();
        throw signal.reason;
      }
      hasSpawned ||= lock !== null;
      if (lock === null) {
        waiting.onHandedOver();
      } else {
        logStart = statSync(paths.supervisorLog, { throwIfNoEntry: false })?.size ?? 0;
        own = await installSupervisor(host, launchRequest, lock, waiting.onHandedOver);
      }
    }
    const request: ControlRequest = own === null
      ? { method: "POST", path: "/start", body }
      : { method: "GET", path: noWait ? "/status" : "/wait" };
    const answer = await askLong(host, home, request, Math.max(1, giveUpAt - performance.now()));
    if (answer.kind === "answer") {
      const status = hasSpawned ? statusFromSupervisor(answer) : statusOrThrow(answer.response);
      return warnings.length === 0 ? status : { ...status, warnings: [...warnings, ...status.warnings ?? []] };
    }
    const exit = answer.kind === "absent" ? own?.exit : null;
    if (exit) {
      own = null; // one that was superseded: the new holder of the lock is asked
      if (exit.code !== SUPERSEDED_EXIT) throw whyExited(exit, logStart, paths);
    } else if (answer.kind === "late" || performance.now() > giveUpAt) {
      throw await (await import("../control/late_start.ts")).lateStart(host, home, waiting.timeoutMs);
    } else if (answer.kind === "silent") {
      await (await import("./kill_unresponsive_supervisor.ts")).killUnresponsiveSupervisor(host, home);
      own = null;
    }
    if (own === null && answer.kind === "absent") refuseSocketFolder(paths.controlSocket);
    await delay(own === null ? RETRY_MS : POLL_MS);
  }
}

/** Passes `lock` to a new supervisor. */
async function installSupervisor(
  host: Host,
  launchRequest: LaunchRequest,
  lock: LockFile,
  onHandedOver: () => void,
): Promise<DetachedProcess> {
  const { home } = launchRequest;
  try {
    const output = openLog(instancePaths(home).supervisorLog);
    try {
      onHandedOver();
      return await spawnSupervisor(host, launchRequest, { cwd: home, output, pass: [lock.fd] });
    } finally {
      closeSync(output);
    }
  } finally {
    lock.close(); // only the supervisor's inherited descriptor holds it now
  }
}

/** @param logStart Where its output begins in its log. */
function whyExited(exit: ProcessExit, logStart: number, { lastFailure, supervisorLog }: InstancePaths): LocalError {
  // A killed supervisor wrote no failure: a file found there is from an earlier one.
  const failure = exit.code === 1 ? readLastFailure(lastFailure)?.failure ?? null : null;
  return startupError(exit, failure, readTail(supervisorLog, logStart, LAST_WORDS_BYTES), supervisorLog);
}
