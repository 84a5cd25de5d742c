import { mkdirSync, rmSync } from "node:fs";
import { controlApi } from "../control/api.ts";
import { type ControlSocket, openControlSocket } from "../control/socket.ts";
import { type Failure, toFailure } from "../errors/failure.ts";
import { DEFAULT_GRACE_MS, type Instance, type LaunchRequest } from "../instance/context.ts";
import { clearLastFailure, writeLastFailure } from "../instance/last_failure.ts";
import { sweepTemporaries } from "../instance/stale_files.ts";
import { rotateLogBySize } from "../logs/rotate_log.ts";
import type { LockFile } from "../platform/files/lock_file.ts";
import { watchEnd } from "../temporal/process.ts";
import { controllerOf } from "./control_handlers.ts";
import { Supervisor } from "./supervisor.ts";

/** How often the lock paths and the logs are looked at, in ms. */
const GUARD_INTERVAL_MS = 1000;
/** How a supervisor ends that gave way to another one: its instance goes on without it. */
export const SUPERSEDED: Failure = {
  code: "interrupted",
  message: "The lock of this supervisor was deleted, and another one has taken its place",
  hint: "`stigmer-local status` tells who it is",
};
/** How long a departing supervisor gives the answers that are under way, in ms. */
const DRAIN_MS = 1000;

/**
 * Supervises until it is stopped, gives up, or is deposed. Takes over `lock`, which is `supervisor.lock`, held.
 *
 * @param signal Stops Temporal gracefully, then ends.
 * @param onBegin Gets the supervisor when it begins.
 * @returns why it gave up; null when it was stopped, {@linkcode SUPERSEDED} when another supervisor has the lock now
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
  const supervisor = new Supervisor(instance, launchRequest, lock);
  let announceDeparture = () => {};
  const departed = new Promise<void>((resolve) => {
    announceDeparture = resolve;
  });
  const control = await openControlSocket(instance, controlApi(controllerOf(instance, supervisor, departed)));

  // Data that is thrown away needs no drain.
  const { ephemeralFor } = launchRequest;
  const graceMs = ephemeralFor === undefined ? DEFAULT_GRACE_MS : 0;
  const stop = () => supervisor.dispatch({ kind: "stop", graceMs });
  signal.addEventListener("abort", stop, { once: true });
  const guard = watchHome(instance, supervisor, control);
  if (ephemeralFor !== undefined && ephemeralFor.pid !== instance.host.pid) {
    watchEnd(ephemeralFor, instance).then(stop); // kill -9 included
  }
  clearLastFailure(paths.lastFailure);
  supervisor.begin();
  if (signal.aborted) stop();
  onBegin(supervisor);
  await supervisor.over;
  await guard.end();

  const { state } = supervisor;
  const failure = state.kind === "failed" ? state.failure : null;
  if (!supervisor.isSuperseded) leaveInOrder(instance, supervisor, failure);
  // No new connection from here on: the locks are about to be free, and a successor may come up at once.
  const drained = control.close(DRAIN_MS);
  supervisor.manager.release();
  log.note("supervisor leaves", { state: state.kind });
  announceDeparture();
  await drained;
  log.close();
  if (ephemeralFor !== undefined && !supervisor.isSuperseded && !supervisor.manager.isHomeDeleted) {
    rmSync(paths.home, { recursive: true, force: true });
  }
  return supervisor.isSuperseded ? SUPERSEDED : failure;
}

/** Looks after the locks, the socket, the record and the logs. `end` waits for a look that is under way. */
function watchHome(
  instance: Instance,
  supervisor: Supervisor,
  control: ControlSocket,
): { end: () => Promise<void> } {
  const { paths, log } = instance;
  let look: Promise<void> | null = null;
  const lookAfter = async () => {
    const found = await supervisor.guard();
    if (found === "superseded" || found === "homeDeleted") return;
    if (await control.mend()) {
      supervisor.warn(`${paths.controlSocket} was deleted under a running instance and made again`);
    }
    supervisor.manager.mendRecord();
    for (const path of [paths.temporalLog, paths.supervisorLog]) {
      rotateLogBySize(path, instance.logPolicy, Date.now());
    }
  };
  const timer = setInterval(() => {
    look ??= lookAfter()
      .catch((error: unknown) => log.note("guard failed", { why: toFailure(error).message }))
      .finally(() => {
        look = null;
      });
  }, GUARD_INTERVAL_MS);
  return {
    end: async () => {
      clearInterval(timer);
      await look;
    },
  };
}

/** Records the outcome, and removes what described the Temporal that is over. */
function leaveInOrder({ paths, log }: Instance, supervisor: Supervisor, failure: Failure | null): void {
  if (supervisor.manager.isHomeDeleted) return;
  try {
    supervisor.manager.tidy();
    if (failure !== null) {
      writeLastFailure(paths.lastFailure, {
        at: new Date().toISOString(),
        failure,
        lastExit: supervisor.lastExit,
        restarts: supervisor.restarts,
        settings: supervisor.manager.settings,
      });
    }
  } catch (error) {
    log.note("outcome not written", { why: toFailure(error).message });
  }
}
