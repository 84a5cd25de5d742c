import { mkdirSync, rmSync } from "node:fs";
import { completePolicy, DEFAULT_GRACE_MS } from "../config/policy.ts";
import { controlApi } from "../control/api.ts";
import { type ControlSocket, openControlSocket } from "../control/socket.ts";
import type { Failure } from "../errors/failure.ts";
import { messageOf } from "../errors/local_error.ts";
import type { Instance, LaunchRequest } from "../instance/context.ts";
import { clearLastFailure, readLastFailure, type Served, writeLastFailure } from "../instance/last_failure.ts";
import { dataFolders } from "../instance/status/data_check.ts";
import { sweepTemporaries } from "../instance/stale_files.ts";
import { rotateLogBySize } from "../logs/rotate_log.ts";
import type { LockFile } from "../platform/locks/lock_file.ts";
import { fullDisk } from "../platform/files/free_space.ts";
import { failureIn, ownsFiles } from "../process/states.ts";
import { watchEnd } from "../process/tracked_process.ts";
import { announce, type Announcement } from "./announce.ts";
import { controllerOf } from "./control_handlers.ts";
import { keepLogs } from "./ephemeral_home.ts";
import { Supervisor } from "./supervisor.ts";

/** How often the lock paths and the logs are checked, in ms. */
const GUARD_INTERVAL_MS = 1000;
/** The result of a supervisor that was superseded: its instance keeps running under another one. */
export const SUPERSEDED: Failure = {
  code: "interrupted",
  message: "The lock of this supervisor was deleted, and another supervisor has taken its place",
  hint: "`stigmer-local status` shows which one",
};
/** How long a departing supervisor gives the answers that are under way, in ms. */
const DRAIN_MS = 1000;

/**
 * Supervises until it is stopped, gives up, or is superseded. Takes over `lock`, which is `supervisor.lock`, held.
 *
 * @param signal Stops Temporal gracefully, then ends.
 * @param onBegin Gets the supervisor when it begins.
 * @returns why it gave up; null when it was stopped, {@linkcode SUPERSEDED} when another supervisor holds the lock now
 */
export async function runSupervisor(
  instance: Instance,
  launchRequest: LaunchRequest,
  lock: LockFile,
  signal: AbortSignal,
  onBegin: (supervisor: Supervisor) => void = () => {},
): Promise<Failure | null> {
  const { paths, log } = instance;
  mkdirSync(paths.logsDir, { recursive: true, mode: 0o700 });
  sweepTemporaries(instance);
  // What served until it was given up comes up as it was, unless this request says otherwise.
  const kept = readLastFailure(paths.lastFailure)?.served ?? null;
  if (kept !== null) instance.policy = completePolicy({ ...kept.policy, ...launchRequest.policy });
  const supervisor = new Supervisor(instance, launchRequest, lock, kept?.settings);
  let announceDeparture = () => {};
  const departed = new Promise<void>((resolve) => announceDeparture = resolve);
  const control = await openControlSocket(instance, controlApi(controllerOf(instance, supervisor, departed)));

  // Data that is thrown away needs no drain.
  const { ephemeralFor } = launchRequest;
  const graceMs = ephemeralFor === undefined ? DEFAULT_GRACE_MS : 0;
  const stop = () => supervisor.dispatch({ kind: "stop", graceMs });
  signal.addEventListener("abort", stop, { once: true });
  const announcement = announce(instance, launchRequest, supervisor);
  const guard = guardHome(instance, supervisor, control, announcement);
  if (ephemeralFor !== undefined && ephemeralFor.pid !== instance.host.pid) {
    watchEnd(ephemeralFor, instance).then(stop); // kill -9 included
  }
  clearLastFailure(paths.lastFailure);
  supervisor.begin();
  if (signal.aborted) stop();
  onBegin(supervisor);
  await supervisor.over();
  if (ownsFiles(supervisor.machine)) await supervisor.endStack();
  await guard.end();

  const { machine } = supervisor;
  const isOurs = ownsFiles(machine);
  const given = isOurs ? failureIn(machine.state) : null;
  const failure = given?.code === "gave-up" ? withFullDisk(given, instance, supervisor) : given;
  if (isOurs) leaveRecords(instance, supervisor, failure, kept);
  // No new connection from here on: the locks are about to be free, and a successor may come up at once.
  const drained = control.close(DRAIN_MS);
  supervisor.release();
  log.note("supervisor leaves", { state: machine.state.kind });
  announceDeparture();
  await drained;
  log.close();
  if (isOurs && ephemeralFor !== undefined) {
    if (ephemeralFor.logsDir !== undefined) keepLogs(paths, ephemeralFor.logsDir);
    rmSync(paths.home, { recursive: true, force: true });
  }
  announcement.end();
  return machine.state.kind === "superseded" ? SUPERSEDED : failure;
}

/** On a full disk Temporal may come up and exit again, and say nothing of it because its log is there, too. */
function withFullDisk(failure: Failure, { paths }: Instance, { program }: Supervisor): Failure {
  const full = fullDisk(dataFolders(paths, program.settings));
  if (full === null || /the disk is full/i.test(failure.message)) return failure;
  const hint = `Free some space for the database and the logs; ${failure.hint ?? ""}`;
  return { ...failure, message: `${failure.message}; the disk is full: ${full}`, hint };
}

/** Looks after the locks, the socket, the record and the logs. `end` waits for a look that is under way. */
function guardHome(
  instance: Instance,
  supervisor: Supervisor,
  control: ControlSocket,
  announcement: Announcement,
): { end: () => Promise<void> } {
  const { paths, log } = instance;
  const { manager, warnings } = supervisor;
  let look: Promise<void> | null = null;
  const lookAfter = async () => {
    if (!await manager.guard()) return;
    if (await control.ensureBound()) {
      warnings.add(`${paths.controlSocket} was deleted under a running instance and made again`);
    }
    manager.restoreRecord();
    await supervisor.stack?.lookAfter();
    announcement.restore();
    for (const path of [paths.temporalLog, paths.supervisorLog]) {
      rotateLogBySize(path, instance.policy, Date.now());
    }
  };
  const timer = setInterval(() => {
    look ??= lookAfter()
      .catch((error: unknown) => log.note("guard failed", { why: messageOf(error) }))
      .finally(() => look = null);
  }, GUARD_INTERVAL_MS);
  return {
    end: async () => {
      clearInterval(timer);
      await look;
    },
  };
}

/** Removes the record of the Temporal that is over, and records why this supervisor gave up. */
function leaveRecords(
  { paths, log, policy }: Instance,
  supervisor: Supervisor,
  failure: Failure | null,
  kept: Served | null,
): void {
  const { manager, program, machine: { lastExit, restarts } } = supervisor;
  try {
    manager.removeRecord();
    if (failure === null) return;
    const served = program.served === null ? kept : { settings: program.served, policy };
    writeLastFailure(paths.lastFailure, { failure, lastExit, restarts, settings: program.settings, served });
  } catch (error) {
    log.note("outcome not written", { why: messageOf(error) });
  }
}
