import { lstatSync } from "node:fs";
import { withPorts } from "../config/auto_ports.ts";
import { parseTemporalArgs, temporalArgs } from "../config/dev_server_args.ts";
import { DEFAULT_GRACE_MS } from "../config/policy.ts";
import { completeSettings, type Settings, settingsDifferences } from "../config/settings.ts";
import { finishDatabase } from "../database/files.ts";
import { withRealDatabase } from "../database/path.ts";
import { LocalError } from "../errors/local_error.ts";
import type { Instance, LaunchRequest } from "../instance/context.ts";
import { findProcess, type FoundProcess, type ProcessEvidence, type Proof } from "../instance/find_process.ts";
import { createProbe } from "../instance/status/probe.ts";
import { isStillThere } from "../platform/processes/processes.ts";
import { poll } from "../platform/runtime/poll.ts";
import type { Launch } from "../process/program.ts";
import { targetOf } from "../process/terminate.ts";
import { tidyRecord } from "../process/tidy_record.ts";
import { adoptedProcess } from "../process/tracked_process.ts";
import { planFor } from "./launch/plan.ts";
import { refuseReplacement } from "./launch/preflight.ts";
import type { TemporalProcess } from "./process.ts";

/** How long a Temporal without a supervisor has to prove that it is healthy before it is replaced, in ms. */
const ADOPTION_DEADLINE_MS = 3000;

/** What reconciling found. */
export type Reconciled =
  | { kind: "adopted"; temporal: TemporalProcess; proof: Proof }
  /** No Temporal of this instance is alive, and its lock is held. `base`, `binary`: settings and binary of the previous one. */
  | { kind: "clear"; base: Settings | undefined; binary: string };

/** What reconciling needs beside the instance. */
export interface ReconcileOptions
  extends Pick<Launch<TemporalProcess>, "signal" | "terminate" | "tryLock" | "claimLock"> {
  warn: (message: string) => void;
  /** Look through all processes also where no file tells of a Temporal: it may hold a lock that was deleted. */
  isThorough: boolean;
}

/**
 * Brings what an earlier supervisor left in order, before anything is launched. Only for the holder of
 * `supervisor.lock`:
 *
 * - a Temporal of this instance that is healthy and has the requested settings is adopted, without an interruption;
 * - one that is not is ended, with what is left of its group;
 * - a record without a live process is removed; one that points at a reused PID is set aside, and that
 *   process left alone.
 *
 * @throws {LocalError} `lock-failed`, when the lock is held by a process that cannot be seen; `stop-failed`
 * @throws the reason of `signal`
 */
export async function reconcile(
  instance: Instance,
  launchRequest: LaunchRequest,
  { signal, warn, isThorough, ...launch }: ReconcileOptions,
): Promise<Reconciled> {
  const { paths, processes, log } = instance;
  const isFirst = await launch.tryLock() && lstatSync(paths.record, { throwIfNoEntry: false }) === undefined;
  if (isFirst && !isThorough) return { kind: "clear", base: undefined, binary: known(launchRequest.binary) };

  const finding = findProcess(paths, processes);
  const { found, record } = finding;
  // A plain `start` after a crash of everything takes the defaults; what is replaced or restarted keeps its settings.
  const keepsSettings = found !== null || launchRequest.replace;
  const base = keepsSettings ? record?.settings : undefined;
  const binary = launchRequest.binary ?? record?.binary ?? found?.leader?.executable ?? null;
  if (found !== null) {
    const adopted = await tryToAdopt(instance, launchRequest, finding, found, signal);
    if (typeof adopted !== "string") {
      log.transition("adopted", { pid: adopted.pid, proof: found.proof });
      return { kind: "adopted", temporal: adopted, proof: found.proof };
    }
    if (adopted === "replacement asked for" || adopted === "other settings") {
      await refuseHarm(instance, launchRequest, finding, found);
    }
    known(binary); // before anything is ended
    log.transition("replaced", { pgid: found.pgid, proof: found.proof, why: adopted });
    // What a dead Temporal left has nothing to drain.
    const hasNothingToSave = adopted === "unhealthy" || adopted === "no leader" || adopted === "data deleted";
    const grace = hasNothingToSave ? 0 : DEFAULT_GRACE_MS;
    await launch.terminate(targetOf(found), grace);
    signal.throwIfAborted(); // another supervisor may have taken our place meanwhile, and what lives on is its to decide
  }
  tidyRecord(paths, finding, warn);
  await launch.claimLock();
  return { kind: "clear", base, binary: known(binary) };
}

/** A binary that is known; where none was found, because a Temporal was there that only had to be adopted, an error. */
function known(binary: string | null): string {
  if (binary !== null) return binary;
  throw new LocalError("binary-not-found", "No Temporal binary was found, and the Temporal that runs names none", {
    hint: "`stigmer-local install` gets one, or name one with --temporal-bin",
  });
}

/** The adopted Temporal, or why it can't be adopted. */
async function tryToAdopt(
  instance: Instance,
  launchRequest: LaunchRequest,
  finding: ProcessEvidence,
  found: FoundProcess,
  signal: AbortSignal,
): Promise<TemporalProcess | "no leader" | "replacement asked for" | "other settings" | "unhealthy" | "data deleted"> {
  const { leader } = found;
  if (leader === null) return "no leader";
  if (launchRequest.replace) return "replacement asked for";
  const { processes, host, paths } = instance;
  const record = finding.record?.pid === leader.pid ? finding.record : null;
  const requested = withRealDatabase(launchRequest.requested);
  const settings = record?.settings ?? settingsFromArgv(processes.argv(leader.pid), requested, paths.defaultDatabase);
  if (settings === null || settingsDifferences(requested, settings).length > 0) return "other settings";
  const binary = record?.binary ?? leader.executable;
  if (launchRequest.binaryRequested && launchRequest.binary !== null && binary !== launchRequest.binary) {
    return "other settings";
  }
  const { dbFilename } = settings;
  if (dbFilename !== null && lstatSync(dbFilename, { throwIfNoEntry: false }) === undefined) return "data deleted";

  const probe = createProbe(host.connect, settings);
  try {
    const isHealthy = async () => {
      if ((await probe.serving(1000)).ok && processes.groupListensOn(leader.pid, settings.port)) return true;
      return isStillThere(leader, processes) ? null : false; // a killed one frees its lock before its end is seen
    };
    const waiting = { everyMs: 50, timeoutMs: ADOPTION_DEADLINE_MS, signal, clock: instance };
    if (await poll(isHealthy, waiting) !== true) return "unhealthy";
  } finally {
    probe.close();
  }
  // It may have been launched by a supervisor that did not live to see it serve.
  if (dbFilename !== null) finishDatabase(dbFilename);
  return {
    ...adoptedProcess(leader, (record?.startedAtS ?? Math.floor(Date.now() / 1000)) * 1000, instance),
    binary,
    settings,
    version: record?.version ?? null,
  };
}

/** A Temporal that works is not ended for one that could not come up. */
async function refuseHarm(
  instance: Instance,
  { requested, binary }: LaunchRequest,
  { record }: ProcessEvidence,
  { leader }: FoundProcess,
): Promise<void> {
  if (record?.settings === undefined || record.pid !== leader?.pid) return;
  const { settings } = record;
  const running = { binary: record.binary ?? leader.executable ?? "", settings };
  const next = planFor(instance.paths, withRealDatabase(requested), binary ?? running.binary, settings);
  await refuseReplacement(next, running, instance);
}

/** The settings of a Temporal without a record: those that would be launched now, if they give the very same arguments. */
function settingsFromArgv(
  argv: string[] | null,
  requested: LaunchRequest["requested"],
  defaultDatabase: string,
): Settings | null {
  if (argv === null) return null;
  const seen = parseTemporalArgs(argv);
  if (seen === null) return null;
  const settings = completeSettings({ ...seen, ...withPorts(requested, seen) }, defaultDatabase);
  return JSON.stringify(temporalArgs(settings)) === JSON.stringify(argv.slice(1)) ? settings : null;
}
