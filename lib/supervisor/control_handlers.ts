import { completePolicy, DEFAULT_GRACE_MS } from "../config/policy.ts";
import type { RequestedSettings } from "../config/settings.ts";
import type { Controlled, SnapshotRequest, StartRequest, StopRequest } from "../control/api.ts";
import { removeCopy } from "../database/copy_files.ts";
import { type Snapshot, takeSnapshot } from "../database/snapshot.ts";
import { fromFailure } from "../errors/failure.ts";
import { LocalError, messageOf, systemErrorCode } from "../errors/local_error.ts";
import type { Instance } from "../instance/context.ts";
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
import { refuseDifferences } from "./differences.ts";
import { renderMetrics } from "./metrics.ts";
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
      timeoutMs: instance.policy.healthTimeoutS * 1000,
      readiness: temporal.readiness,
    });
    const isServing = kind === "running" || kind === "unhealthy";
    const isTemporalHealthy = isServing && manager.process === temporal && areHealthy(checks);
    const processes = supervisor.stack?.status() ?? [];
    const healthy = isTemporalHealthy && processes.every(({ state }) => state === "running" || state === "stopped");
    const { state, restarts, lastExit } = supervisor.machine;
    const warnings = [...supervisor.warnings.all, ...supervisor.stack?.warnings ?? []];
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
      ...(warnings.length === 0 ? {} : { warnings }),
    };
  };

  const refuseLeaving = () => {
    if (isLeaving(supervisor.machine.state)) throw leaving();
  };

  /** Waits until Temporal and the processes beside it are ready. Fails if the supervisor has given up or was stopped. */
  const settled = async (names?: readonly string[]): Promise<Status> => {
    const failure = await supervisor.settled(names);
    if (failure === null) return await status();
    if (isOver(supervisor.machine.state)) await departed; // the next start must find the locks free
    throw fromFailure(failure);
  };

  /** Creates what is requested beside what runs. */
  const add = async (requested: RequestedSettings): Promise<void> => {
    await program.add(requested);
    manager.updateRecord();
  };
  /** The same once Temporal is ready, for a request that does not wait for that. */
  const addLater = async (requested: RequestedSettings): Promise<void> => {
    try {
      const state = await supervisor.until(({ state }) => state.kind === "running" || isOver(state) ? state : null);
      if (state.kind === "running") await add(requested);
    } catch (error) {
      if (error instanceof LocalError) supervisor.warnings.add(error.message);
      else instance.log.note("addition failed", { why: messageOf(error) });
    }
  };

  return {
    status: async () => {
      await Promise.race([program.learnVersion(), delay(VERSION_TIMEOUT_MS)]);
      return await status();
    },
    settled: () => settled(),
    start: async (request: StartRequest) => {
      refuseLeaving();
      const { noWait, asked: requested, names } = request;
      manager.lookAtAdopted();
      refuseDifferences(request, instance, supervisor);
      await startProcesses(supervisor, request);
      const requestedAtMs = Date.now();
      supervisor.dispatch({ kind: "due" }); // a requested start ends a backoff
      const current = noWait === true ? await status() : await settled(names);
      const isAdding = program.lacks(requested) && supervisor.machine.state.kind === "running";
      if (isAdding) await add(requested);
      if (supervisor.machine.state.kind !== "running") void addLater(requested);
      const startedAtMs = manager.process?.startedAtMs ?? 0;
      return {
        ...isAdding ? await status() : current,
        reused: manager.process?.adopted === true || startedAtMs < requestedAtMs,
      };
    },
    stop: async ({ graceMs, names }: StopRequest) => {
      if (names !== undefined) {
        await (await supervisor.stackWith(names)).stop(names, graceMs ?? Infinity);
        return await status();
      }
      const hasFailed = supervisor.machine.state.kind === "failed"; // nothing is left to stop
      const askedAtMs = performance.now();
      supervisor.dispatch({ kind: "stop", graceMs: graceMs ?? DEFAULT_GRACE_MS });
      await departed;
      const { state } = supervisor.machine;
      if (state.kind === "superseded" || hasFailed) throw leaving();
      if (state.kind === "failed") throw fromFailure(state.failure);
      const { lastTerminated: last } = manager;
      const stopped = last !== null && last.atMs >= askedAtMs ? last : { pid: null, forced: false };
      return { ...await status(), stopped: { pid: stopped.pid, forced: stopped.forced } };
    },
    restart: async ({ asked: requested, binary, policy, processes, names }: StartRequest) => {
      refuseLeaving();
      if (names !== undefined) {
        await (await supervisor.stackWith(names, processes)).restart(names, processes);
        return await settled(names);
      }
      await refuseBadRestart(supervisor, requested, binary, instance);
      refuseLeaving();
      if (policy !== undefined) instance.policy = completePolicy({ ...instance.policy, ...policy });
      program.change(requested, binary);
      const hasNew = processes !== undefined && processes.length > 0;
      const stack = hasNew ? await supervisor.ensureStack([]) : await supervisor.loadedStack();
      stack?.redeclare(processes);
      supervisor.dispatch({ kind: "restart", graceMs: DEFAULT_GRACE_MS });
      return await settled();
    },
    snapshot: async ({ asker }: SnapshotRequest) => {
      refuseLeaving();
      // A requester in another PID namespace is not visible, and is assumed to be alive.
      const seen = asker !== undefined && isStillThere(asker, instance.processes) ? asker : null;
      const isWanted = () => seen === null || isStillThere(seen, instance.processes);
      await settled();
      const snapshot = await health.standStill(async () => {
        const { process: temporal } = manager;
        if (!isWanted()) throw unwanted();
        if (temporal === null) throw leaving();
        return await snapshotOf(temporal, instance, () => manager.process === temporal);
      });
      if (isWanted()) return snapshot;
      removeCopy(snapshot.path);
      throw unwanted();
    },
    isHealthy: () => supervisor.machine.state.kind === "running",
    metrics: () => renderMetrics(supervisor, startedAt, Date.now()),
    history: () => readHistory(instance.paths.history),
    subscribe: (listener) => instance.log.subscribe(listener),
  };
}

/** Declares and starts what a request names beside Temporal; one that names nothing starts nothing that was stopped. */
async function startProcesses(supervisor: Supervisor, { processes, names }: StartRequest): Promise<void> {
  if (processes !== undefined && processes.length > 0) await supervisor.ensureStack(processes);
  const stack = names === undefined ? await supervisor.loadedStack() : await supervisor.stackWith(names);
  if (processes !== undefined) stack?.declare(processes);
  if (processes !== undefined || names !== undefined) await stack?.start(names);
}

/** @throws {LocalError} why a restart with these settings would fail after stopping the running Temporal */
async function refuseBadRestart(
  { program, manager: { process: temporal } }: Supervisor,
  requested: RequestedSettings,
  binary: string | null,
  instance: Instance,
): Promise<void> {
  const next = program.planWith(requested, binary);
  if (next === null || temporal === null) return;
  try {
    requireExecutable(next.binary, undefined); // it may have been removed since its launch
  } catch (error) {
    throw error instanceof LocalError ? notStopped(error) : error;
  }
  await refuseReplacement(next, { binary: temporal.binary ?? next.binary, settings: temporal.settings }, instance);
}

async function snapshotOf(
  { pid, settings }: TemporalProcess,
  instance: Instance,
  isStillOurs: () => boolean,
): Promise<Snapshot> {
  if (settings.dbFilename === null) {
    throw new LocalError("no-database", "Temporal keeps its data in memory: there is no database");
  }
  try {
    const snapshot = await takeSnapshot(settings.dbFilename, { pgid: pid, settings, isStillOurs }, instance);
    instance.log.note("snapshot taken", { ...snapshot });
    return snapshot;
  } catch (error) {
    const why = systemErrorCode(error);
    if (error instanceof LocalError || why === undefined) throw error;
    throw new LocalError("backup-failed", `Cannot copy ${settings.dbFilename}: ${why}`, {
      facts: { systemError: why },
    });
  }
}

function unwanted(): LocalError {
  return new LocalError("interrupted", "The process that requested the copy has exited");
}

/** The caller must ask again: see `isLeaving` of the control API. */
function leaving(): LocalError {
  return new LocalError("interrupted", "The supervisor is exiting", { facts: { leaving: true } });
}

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
