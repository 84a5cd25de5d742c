import { closeSync, statSync } from "node:fs";
import { temporalArgs } from "../../config/dev_server_args.ts";
import { refuseNewerDatabase } from "../../database/downgrade_guard.ts";
import { finishDatabase, prepareDatabase } from "../../database/files.ts";
import { temporalEnvironment } from "../../environment/daemon_environment.ts";
import { LocalError } from "../../errors/local_error.ts";
import { DEFAULT_GRACE_MS, type Instance, type LaunchPlan } from "../../instance/context.ts";
import { dataFolders } from "../../instance/status/data_check.ts";
import type { Probe } from "../../instance/status/probe.ts";
import { withoutUsage } from "../../logs/last_words.ts";
import { openLog } from "../../logs/open_log.ts";
import { readTail } from "../../logs/read_tail.ts";
import { fullDisk } from "../../platform/files/free_space.ts";
import type { LockFile } from "../../platform/locks/lock_file.ts";
import type { TerminationTarget } from "../../process/terminate.ts";
import { type ProcessEnd, spawnedProcess } from "../../process/tracked_process.ts";
import type { TemporalProcess } from "../process.ts";
import { refuseTakenPorts } from "./check_ports.ts";
import { refuseBadSettings } from "./check_settings.ts";
import { diagnoseExit, type ExitDiagnosis } from "./exit_diagnosis.ts";
import { refuseSecondUser } from "./preflight.ts";
import { waitUntilReady } from "./readiness.ts";

/** What a launch needs beside the plan. */
export interface LaunchContext {
  instance: Instance;
  plan: LaunchPlan;
  probe: Probe;
  /** Aborts the wait. Temporal itself is then terminated by the code that aborted it. */
  signal: AbortSignal;
  /** Takes `temporal.lock`; the launch closes what it gets. */
  takeLock: () => Promise<LockFile>;
  /** Terminates a process group of this instance that does not become ready. */
  end: (target: TerminationTarget, graceMs: number) => Promise<unknown>;
  /** Told as soon as there is a process. */
  onSpawn: (temporal: TemporalProcess) => void;
}

/** Bytes of the log's end that are looked through for the cause of a failure. */
const LAST_WORDS_BYTES = 16 * 1024;

/**
 * Launches Temporal and waits until it is ready. When it fails, nothing of it is left. A database that Temporal was making
 * when it was killed never gets a schema: it is set aside (never deleted).
 *
 * @throws {LocalError} `port-taken`, `database-busy`, `launch-failed`, `timeout`
 * @throws the reason of `signal` when it aborts
 */
export async function launchTemporal(context: LaunchContext): Promise<TemporalProcess> {
  const { instance, plan, signal } = context;
  const { dbFilename } = plan.settings;
  refuseBadSettings(plan.settings);
  if (dbFilename !== null) refuseSecondUser(dbFilename, instance.processes);
  await refuseTakenPorts(plan.settings, instance);
  signal.throwIfAborted();
  if (dbFilename !== null) {
    await refuseNewerDatabase(dbFilename, plan.binary);
    const setAsideTo = await prepareDatabase(dbFilename, new Date());
    if (setAsideTo !== null) instance.log.note("incomplete database set aside", { from: dbFilename, to: setAsideTo });
    signal.throwIfAborted();
  }
  const temporal = await launchOnce(context);
  if (dbFilename !== null) finishDatabase(dbFilename);
  return temporal;
}

async function launchOnce(context: LaunchContext): Promise<TemporalProcess> {
  const { instance, plan, probe, signal } = context;
  const logFd = openLog(instance.paths.temporalLog);
  const logStart = statSync(instance.paths.temporalLog).size;
  let temporal: TemporalProcess;
  try {
    temporal = await spawnTemporal(context, logFd);
  } finally {
    closeSync(logFd);
  }
  temporal.logStart = logStart;
  context.onSpawn(temporal);

  const waiting = new AbortController();
  const onAbort = () => waiting.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  const ended = temporal.ended.then((end) => ({ end }));
  const ready = waitUntilReady(
    temporal.pid,
    plan.settings,
    probe,
    instance,
    instance.healthPolicy.launchDeadlineMs,
    waiting.signal,
  )
    .then((readiness) => ({ temporal: Object.assign(temporal, { readiness }) }), (error: unknown) => ({ error }));
  try {
    const first = await Promise.race([ready, ended]);
    if ("temporal" in first) return first.temporal;
    signal.throwIfAborted();
    const target = { pgid: temporal.pid, leaderStartTime: temporal.startTime };
    if ("end" in first) {
      await context.end(target, 0);
      await endEscaped(context);
      throw exitFailure(
        instance,
        plan,
        first.end,
        readTail(instance.paths.temporalLog, logStart, LAST_WORDS_BYTES),
      );
    }
    // It lives, and is not ready: SIGTERM is harmless while it makes its database, SIGKILL is not.
    await context.end(target, DEFAULT_GRACE_MS);
    await endEscaped(context);
    throw first.error;
  } finally {
    signal.removeEventListener("abort", onAbort);
    waiting.abort(new Error("the launch is over"));
    await ready;
  }
}

/** What left the group (a wrapper that calls setsid) has the lock still, and with it the ports and the database. */
async function endEscaped({ takeLock }: LaunchContext): Promise<void> {
  (await takeLock()).close();
}

async function spawnTemporal({ instance, plan, takeLock }: LaunchContext, logFd: number): Promise<TemporalProcess> {
  const { host, paths: { home } } = instance;
  const lock = await takeLock();
  try {
    const child = await instance.spawn({
      command: plan.binary,
      args: temporalArgs(plan.settings),
      cwd: home,
      env: temporalEnvironment(host.env, host.cwd, host.uid, home),
      stdin: "null",
      stdout: logFd,
      stderr: logFd,
      pass: [lock.fd],
    });
    const { binary, settings } = plan;
    return { ...spawnedProcess(child, instance.processes), binary, settings, version: null };
  } finally {
    lock.close(); // Temporal alone holds it from now on
  }
}

function exitFailure(instance: Instance, plan: LaunchPlan, end: ProcessEnd, lastWords: string): LocalError {
  const { paths } = instance;
  const known: ExitDiagnosis = diagnoseExit({
    lastWords,
    exitCode: end.code,
    signal: end.signal,
    settings: plan.settings,
    fullDisk: fullDisk(dataFolders(paths, plan.settings)),
    binary: plan.binary,
    platform: instance.host.platform,
  });
  return new LocalError("launch-failed", known.message, {
    hint: known.hint,
    facts: {
      cause: known.cause,
      exitCode: end.code,
      signal: end.signal,
      lastWords: lastWords.trim() === "" ? [] : withoutUsage(lastWords.trimEnd()).slice(-10),
      log: paths.temporalLog,
      binary: plan.binary,
    },
  });
}
