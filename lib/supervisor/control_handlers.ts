import { policiesOf } from "../config/policy.ts";
import type { RequestedSettings } from "../config/settings.ts";
import type { Controlled, SnapshotRequest, SnapshotTaken, StartRequest, StopRequest } from "../control/api.ts";
import { removeCopy } from "../database/copy_files.ts";
import { takeSnapshot } from "../database/snapshot.ts";
import { type Failure, START_STOPPED, toFailure } from "../errors/failure.ts";
import { LocalError, systemErrorCode } from "../errors/local_error.ts";
import { DEFAULT_GRACE_MS, type Instance } from "../instance/context.ts";
import { readHistory } from "../instance/event_log.ts";
import { areHealthy, checkLayers } from "../instance/status/checks.ts";
import type { Status, StatusState } from "../instance/status/status.ts";
import { statusFrame } from "../instance/status/status_frame.ts";
import { isStillThere } from "../platform/processes/processes.ts";
import { delay } from "../platform/runtime/delay.ts";
import { requireExecutable } from "../platform/spawn/executable.ts";
import { isLeaving, isOver, type State } from "../process/states.ts";
import { notStopped, refuseReplacement } from "../temporal/launch/preflight.ts";
import type { TemporalProcess } from "../temporal/process.ts";
import { differencesFrom, settingsDiffer } from "./differences.ts";
import { renderMetrics } from "./metrics.ts";
import { redeclareProcesses, restartProcesses, startProcesses, stopProcesses } from "./process_requests.ts";
import type { Supervisor } from "./supervisor.ts";

/** How long `status` waits for a binary that was never asked for its version, in ms. */
const VERSION_TIMEOUT_MS = 2000;

/** Implements the control API for `supervisor`. `departed` resolves when its locks are released. */
export function controllerOf(instance: Instance, supervisor: Supervisor, departed: Promise<void>): Controlled {
  const { manager, program, health } = supervisor;
  const startedAt = new Date();
  const network = instance.host.networkNamespace();

  const status = async (): Promise<Status> => {
    await health.standstill;
    const { probe, settings } = program;
    const { process: temporal } = manager;
    const { kind } = supervisor.machine.state;
    const checks = temporal === null || probe === null ? [] : await checkLayers({
      paths: instance.paths,
      processes: instance.processes,
      settings,
      pid: temporal.pid,
      startTime: temporal.startTime,
      startedAtMs: temporal.startedAtMs,
      probe,
      timeoutMs: instance.healthPolicy.timeoutMs,
      readiness: temporal.readiness,
    });
    const isServing = kind === "running" || kind === "unhealthy";
    const isTemporalHealthy = isServing && manager.process === temporal && areHealthy(checks);
    const processes = supervisor.stack?.status() ?? [];
    const healthy = isTemporalHealthy && processes.every(({ state }) => state === "running" || state === "stopped");
    const { state, restarts, lastExit } = supervisor.machine;
    return {
      ...statusFrame(reportedState(kind, isTemporalHealthy), settings, instance.paths),
      healthy,
      temporal: temporal === null ? null : describeTemporal(temporal),
      supervisor: {
        pid: instance.host.pid,
        runtime: instance.host.runtime,
        version: instance.host.runtimeVersion,
        startedAt: startedAt.toISOString(),
        network,
      },
      restarts,
      lastExit,
      checks,
      ...(processes.length === 0 ? {} : { processes }),
      ...(state.kind === "failed" ? { failure: state.failure } : {}),
      ...(supervisor.warnings.all.length === 0 ? {} : { warnings: [...supervisor.warnings.all] }),
    };
  };

  /** Waits until Temporal and the processes beside it are ready, or the supervisor has given up or was stopped. */
  const settled = async (names?: readonly string[]): Promise<Status | Failure> => {
    for (;;) {
      const state = await supervisor.until(({ state }) => state.kind === "running" || isOver(state) ? state : null);
      if (state.kind !== "running") {
        await departed; // the next start must find the locks free
        return state.kind === "failed" ? state.failure : START_STOPPED;
      }
      const stack = await supervisor.loadedStack();
      stack?.begin();
      const failure = await stack?.settled(names) ?? null;
      if (failure !== null) return failure;
      const { kind } = supervisor.machine.state;
      // A stop or a restart has ended the processes meanwhile: what comes of that decides.
      if (stack === null || (kind !== "stopping" && !isOver(supervisor.machine.state))) return await status();
    }
  };

  /** Creates what is requested beside what runs. Why that failed, else null. */
  const add = async (requested: RequestedSettings): Promise<Failure | null> => {
    try {
      await program.add(requested);
      manager.updateRecord();
      return null;
    } catch (error) {
      if (error instanceof LocalError) return toFailure(error);
      throw error;
    }
  };
  /** The same once Temporal is ready, for a request that does not wait for that. */
  const addLater = (requested: RequestedSettings): void => {
    supervisor.until(({ state }) => state.kind === "running" || isOver(state) ? state : null)
      .then(async ({ kind }) => {
        const failure = kind === "running" ? await add(requested) : null;
        if (failure !== null) supervisor.warnings.add(failure.message);
      })
      .catch((error: unknown) => instance.log.note("addition failed", { why: toFailure(error).message }));
  };

  return {
    status: async () => {
      await Promise.race([program.learnVersion(), delay(VERSION_TIMEOUT_MS)]);
      return await status();
    },
    settled: () => settled(),
    start: async (request: StartRequest) => {
      if (isLeaving(supervisor.machine.state)) return LEAVING;
      const { noWait, asked: requested, names } = request;
      manager.lookAtAdopted();
      const differences = differencesFrom(request, instance, supervisor);
      if (differences.length > 0) return settingsDiffer(differences);
      const refusal = await startProcesses(supervisor, request);
      if (refusal !== null) return refusal;
      const requestedAtMs = Date.now();
      supervisor.dispatch({ kind: "due" }); // a requested start ends a backoff
      const isReady = supervisor.machine.state.kind === "running" && supervisor.stack === null;
      const current = noWait === true || isReady ? await status() : await settled(names);
      if (!("schema" in current)) return current;
      const isAdding = program.lacks(requested) && supervisor.machine.state.kind === "running";
      const failure = isAdding ? await add(requested) : null;
      if (failure !== null) return failure;
      if (supervisor.machine.state.kind !== "running") addLater(requested);
      const startedAtMs = manager.process?.startedAtMs ?? 0;
      return {
        ...isAdding ? await status() : current,
        reused: manager.process?.adopted === true || startedAtMs < requestedAtMs,
      };
    },
    stop: async ({ graceMs, names }: StopRequest) => {
      if (names !== undefined) return await stopProcesses(supervisor, names, graceMs) ?? await status();
      const hasFailed = supervisor.machine.state.kind === "failed"; // nothing is left to stop
      const askedAtMs = performance.now();
      supervisor.dispatch({ kind: "stop", graceMs: graceMs < 0 ? DEFAULT_GRACE_MS : graceMs });
      await departed;
      const { state } = supervisor.machine;
      if (state.kind === "superseded" || hasFailed) return LEAVING;
      if (state.kind === "failed") return state.failure;
      const { lastTerminated: last } = manager;
      const stopped = last !== null && last.atMs >= askedAtMs ? last : { pid: null, forced: false };
      return { ...await status(), stopped: { pid: stopped.pid, forced: stopped.forced } };
    },
    restart: async ({ asked: requested, binary, policy, processes, names }: StartRequest) => {
      if (isLeaving(supervisor.machine.state)) return LEAVING;
      if (names !== undefined) return await restartProcesses(supervisor, names, processes) ?? await settled(names);
      const refusal = await refusalOf(supervisor, requested, binary, instance);
      if (refusal !== null) return refusal;
      if (isLeaving(supervisor.machine.state)) return LEAVING;
      if (policy !== undefined) Object.assign(instance, policiesOf({ ...instance.policy, ...policy }));
      program.change(requested, binary);
      await redeclareProcesses(supervisor, processes);
      supervisor.dispatch({ kind: "restart", graceMs: DEFAULT_GRACE_MS });
      return await settled();
    },
    snapshot: async ({ asker }: SnapshotRequest) => {
      if (isLeaving(supervisor.machine.state)) return LEAVING;
      // A requester in another PID namespace is not visible, and is assumed to be alive.
      const seen = asker !== undefined && isStillThere(asker, instance.processes) ? asker : null;
      const isWanted = () => seen === null || isStillThere(seen, instance.processes);
      const current = await settled();
      if (!("schema" in current)) return current;
      const result = await health.standStill(async () => {
        const { process: temporal } = manager;
        if (!isWanted()) return UNWANTED;
        if (temporal === null) return LEAVING;
        return await snapshotOf(temporal, instance, () => manager.process === temporal);
      });
      if (!("snapshot" in result) || isWanted()) return result;
      removeCopy(result.snapshot.path);
      return UNWANTED;
    },
    isHealthy: () => supervisor.machine.state.kind === "running",
    metrics: () => renderMetrics(supervisor, startedAt, Date.now()),
    history: () => readHistory(instance.paths.history),
    subscribe: (listener) => instance.log.subscribe(listener),
  };
}

/** Why a restart with these settings would fail after stopping the running Temporal; null if nothing prevents it. */
async function refusalOf(
  { program, manager }: Supervisor,
  requested: RequestedSettings,
  binary: string | null,
  instance: Instance,
): Promise<Failure | null> {
  const next = program.planWith(requested, binary);
  const { process: temporal } = manager;
  if (next === null || temporal === null) return null;
  try {
    requireExecutable(next.binary, undefined); // it may have been removed since its launch
  } catch (error) {
    if (error instanceof LocalError) return toFailure(notStopped(error));
    throw error;
  }
  try {
    const running = { binary: temporal.binary ?? next.binary, settings: temporal.settings };
    await refuseReplacement(next, running, instance);
    return null;
  } catch (error) {
    if (error instanceof LocalError) return toFailure(error);
    throw error;
  }
}

async function snapshotOf(
  { pid, settings }: TemporalProcess,
  instance: Instance,
  isStillOurs: () => boolean,
): Promise<SnapshotTaken | Failure> {
  if (settings.dbFilename === null) {
    return { code: "no-database", message: "Temporal keeps its data in memory: there is no database" };
  }
  try {
    const snapshot = await takeSnapshot(settings.dbFilename, { pgid: pid, settings, isStillOurs }, instance);
    instance.log.note("snapshot taken", { ...snapshot });
    return { schema: 1, snapshot };
  } catch (error) {
    if (error instanceof LocalError) return toFailure(error);
    const why = systemErrorCode(error);
    if (why === undefined) throw error;
    return {
      code: "backup-failed",
      message: `Cannot copy ${settings.dbFilename}: ${why}`,
      facts: { systemError: why },
    };
  }
}

const UNWANTED: Failure = { code: "interrupted", message: "The process that requested the copy has exited" };
const LEAVING: Failure = { code: "interrupted", message: "The supervisor is exiting", facts: { leaving: true } };

/** A Temporal that fails the checks is reported as `unhealthy`, even if the supervisor has not noticed yet. */
function reportedState(kind: State["kind"], healthy: boolean): StatusState {
  if (kind === "superseded") return "stopped";
  return kind === "running" && !healthy ? "unhealthy" : kind;
}

function describeTemporal(temporal: TemporalProcess): NonNullable<Status["temporal"]> {
  return {
    pid: temporal.pid,
    pgid: temporal.pid,
    version: temporal.version,
    binary: temporal.executable ?? temporal.binary,
    startedAt: new Date(temporal.startedAtMs).toISOString(),
    adopted: temporal.adopted,
  };
}
