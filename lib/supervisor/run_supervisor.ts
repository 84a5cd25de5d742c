import { chmodSync, mkdirSync, renameSync, rmSync, unlinkSync } from "node:fs";
import { type Failure, toFailure } from "../core/failure.ts";
import { systemErrorCode } from "../core/local_error.ts";
import type { LockFile } from "../system/lock_file.ts";
import { rotateLogBySize } from "../system/rotate_log.ts";
import { serveUnix, type UnixServer } from "../system/serve.ts";
import { socketPath } from "../system/socket_path.ts";
import { controlApi } from "./control_api.ts";
import { controllerOf } from "./controller.ts";
import { isDead } from "./evidence.ts";
import { type FileIdentity, guardLocks, identityOf } from "./guard.ts";
import { DEFAULT_GRACE_MS, type Instance, type SupervisorOrder } from "./instance.ts";
import { clearOutcome, writeOutcome } from "./outcome.ts";
import { Supervisor } from "./supervisor.ts";
import { sweepTemporaries } from "./sweep.ts";

/** How often the lock paths and the logs are looked at, in ms. */
const GUARD_INTERVAL_MS = 1000;
/** How often the process that an ephemeral instance is for is looked at, in ms. */
const STARTER_POLL_MS = 250;
/** How a supervisor ends that gave way to another one: its instance goes on without it. */
export const DEPOSED: Failure = {
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
 * @returns why it gave up; null when it was stopped, {@linkcode DEPOSED} when another supervisor has the lock now
 */
export async function runSupervisor(
  instance: Instance,
  order: SupervisorOrder,
  lock: LockFile,
  signal: AbortSignal,
): Promise<Failure | null> {
  const { paths, log } = instance;
  mkdirSync(paths.logsDir, { recursive: true, mode: 0o700 });
  sweepTemporaries(instance);
  const supervisor = new Supervisor(instance, order, lock);
  let announceDeparture = () => {};
  const departed = new Promise<void>((resolve) => {
    announceDeparture = resolve;
  });
  const control = await openControl(instance, controlApi(controllerOf(instance, supervisor, departed)));

  // Data that is thrown away needs no drain.
  const graceMs = order.ephemeralFor === undefined ? DEFAULT_GRACE_MS : 0;
  const stop = () => supervisor.dispatch({ kind: "stop", graceMs });
  signal.addEventListener("abort", stop, { once: true });
  const guard = watchHome(instance, supervisor, stop);
  const stopWatchingStarter = order.ephemeralFor === undefined
    ? () => {}
    : watchStarter(instance, order.ephemeralFor, stop);
  clearOutcome(paths.outcome);
  supervisor.begin();
  if (signal.aborted) stop();
  await supervisor.over;
  guard.end();
  stopWatchingStarter();

  const { state } = supervisor;
  const failure = state.kind === "failed" ? state.failure : null;
  if (!guard.isDeposed()) leaveInOrder(instance, supervisor, failure);
  // No new connection from here on: the locks are about to be free, and a successor may come up at once.
  if (identityMatches(paths.controlSocket, control.identity)) unlinkQuietly(paths.controlSocket);
  const drained = control.server.close(DRAIN_MS);
  supervisor.keeper.release();
  log.note("supervisor leaves", { state: state.kind });
  announceDeparture();
  await drained;
  control.closePath();
  log.close();
  if (order.ephemeralFor !== undefined && !guard.isDeposed()) rmSync(paths.home, { recursive: true, force: true });
  return guard.isDeposed() ? DEPOSED : failure;
}

/** Calls `onEnd` when the process that an ephemeral instance is for is gone, `kill -9` included. */
function watchStarter(
  { processes }: Instance,
  starter: { pid: number; startTime: string },
  onEnd: () => void,
): () => void {
  const timer = setInterval(() => {
    const seen = processes.inspect(starter.pid);
    if (seen === null || isDead(seen) || seen.startTime !== starter.startTime) onEnd();
  }, STARTER_POLL_MS);
  return () => clearInterval(timer);
}

interface Control {
  server: UnixServer;
  identity: FileIdentity | null;
  closePath: () => void;
}

/**
 * Binds the control socket under a name of its own and renames it into place: a stale socket is replaced without a
 * moment in which there is none, and libuv, which unlinks the path that it bound when it closes (uv__pipe_close),
 * can't remove a successor's.
 */
async function openControl({ paths, host }: Instance, handler: Parameters<typeof serveUnix>[1]): Promise<Control> {
  const ownName = `.control-${host.pid}`;
  const bound = `${paths.home}/${ownName}`;
  unlinkQuietly(bound);
  const path = await socketPath(paths.home, ownName, host.platform);
  const server = await serveUnix(path.path, handler);
  chmodSync(bound, 0o600);
  renameSync(bound, paths.controlSocket);
  return { server, identity: identityOf(paths.controlSocket), closePath: () => path.close() };
}

function watchHome(instance: Instance, supervisor: Supervisor, stop: () => void) {
  const { paths, log } = instance;
  let isDeposed = false;
  let isBusy = false;
  const look = async () => {
    const verdict = await guardLocks(paths, supervisor.keeper.locks);
    if (verdict.kind === "deposed") {
      isDeposed = true;
      log.note("deposed", { why: "another supervisor holds this home's lock" });
      supervisor.stepDown();
    } else if (verdict.kind === "homeGone") {
      log.note("home gone", { home: paths.home });
      stop();
    } else {
      if (verdict.kind === "mended") {
        supervisor.warn(`Lock files were deleted under a running instance and made again: ${verdict.files.join(", ")}`);
      }
      for (const path of [paths.temporalLog, paths.supervisorLog]) {
        rotateLogBySize(path, instance.logPolicy, Date.now());
      }
    }
  };
  const timer = setInterval(() => {
    if (isBusy) return;
    isBusy = true;
    look().catch((error: unknown) => log.note("guard failed", { why: toFailure(error).message })).finally(() => {
      isBusy = false;
    });
  }, GUARD_INTERVAL_MS);
  return { end: () => clearInterval(timer), isDeposed: () => isDeposed };
}

/** Records the outcome, and removes what described the Temporal that is over. */
function leaveInOrder({ paths, log }: Instance, supervisor: Supervisor, failure: Failure | null): void {
  if (identityOf(paths.home) === null) return;
  try {
    supervisor.keeper.tidy();
    if (failure !== null) {
      writeOutcome(paths.outcome, {
        at: new Date().toISOString(),
        failure,
        lastExit: supervisor.lastExit,
        restarts: supervisor.restarts,
        settings: supervisor.keeper.settings,
      });
    }
  } catch (error) {
    log.note("outcome not written", { why: toFailure(error).message });
  }
}

function identityMatches(path: string, identity: FileIdentity | null): boolean {
  const now = identityOf(path);
  return now !== null && identity !== null && now.dev === identity.dev && now.ino === identity.ino;
}

function unlinkQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!["ENOENT", "EROFS", "ENOTDIR"].includes(systemErrorCode(error) ?? "")) throw error;
  }
}
