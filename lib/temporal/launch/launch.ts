import { temporalArgs } from "../../config/dev_server_args.ts";
import { refuseNewerDatabase } from "../../database/downgrade_guard.ts";
import { finishDatabase, prepareDatabase } from "../../database/files.ts";
import { refuseSecondUser } from "../../database/lock.ts";
import { temporalEnvironment } from "../../environment/daemon_environment.ts";
import { LocalError } from "../../errors/local_error.ts";
import type { Instance, LaunchPlan } from "../../instance/context.ts";
import { dataFolders } from "../../instance/status/data_check.ts";
import type { Probe } from "../../instance/status/probe.ts";
import { withoutUsage } from "../../logs/last_words.ts";
import { readTail } from "../../logs/read_tail.ts";
import { fullDisk } from "../../platform/files/free_space.ts";
import type { ProcessExit } from "../../platform/spawn/spawn_options.ts";
import { readyOrEnded, spawnLogged } from "../../process/bring_up.ts";
import type { Launch } from "../../process/program.ts";
import type { TemporalProcess } from "../process.ts";
import { refuseTakenPorts } from "./check_ports.ts";
import { refuseBadSettings } from "./check_settings.ts";
import { diagnoseExit } from "./exit_diagnosis.ts";
import { waitUntilReady } from "./readiness.ts";

/** Bytes of the log's end that are looked through for the cause of a failure. */
const LAST_WORDS_BYTES = 16 * 1024;

/**
 * Launches Temporal and waits until it is ready. When it fails, nothing of it is left. A database that Temporal was making
 * when it was killed never gets a schema: it is set aside (never deleted).
 *
 * @throws {LocalError} `port-taken`, `database-busy`, `launch-failed`, `timeout`
 * @throws the reason of `signal` when it aborts
 */
export async function launchTemporal(
  instance: Instance,
  plan: LaunchPlan,
  probe: Probe,
  launch: Launch<TemporalProcess>,
): Promise<TemporalProcess> {
  const { signal } = launch;
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
  const temporal = await spawnUntilReady(instance, plan, probe, launch);
  if (dbFilename !== null) finishDatabase(dbFilename);
  return temporal;
}

async function spawnUntilReady(
  instance: Instance,
  plan: LaunchPlan,
  probe: Probe,
  launch: Launch<TemporalProcess>,
): Promise<TemporalProcess> {
  const { host, paths: { home, temporalLog } } = instance;
  const { binary, settings } = plan;
  const spawned = await spawnLogged(instance, launch, temporalLog, {
    command: binary,
    args: temporalArgs(settings),
    cwd: home,
    env: temporalEnvironment(host.env, host.cwd, host.uid, home),
  });
  const { pid, logStart = 0 } = spawned;
  const temporal: TemporalProcess = { ...spawned, binary, settings, version: null };
  launch.track(temporal);
  const outcome = await readyOrEnded(
    temporal,
    launch,
    (signal) => waitUntilReady(pid, settings, probe, instance, instance.policy.launchTimeoutS * 1000, signal),
  );
  if ("ready" in outcome) return Object.assign(temporal, { readiness: outcome.ready });
  throw exitFailure(instance, plan, outcome.end, readTail(temporalLog, logStart, LAST_WORDS_BYTES));
}

function exitFailure(instance: Instance, plan: LaunchPlan, end: ProcessExit, lastWords: string): LocalError {
  const { paths, host: { platform } } = instance;
  const { settings, binary } = plan;
  const exit = { exitCode: end.code, signal: end.signal };
  const disk = fullDisk(dataFolders(paths, settings));
  const { cause, message, hint } = diagnoseExit({ ...exit, lastWords, settings, fullDisk: disk, binary, platform });
  const lines = lastWords.trim() === "" ? [] : withoutUsage(lastWords.trimEnd()).slice(-10);
  return new LocalError("launch-failed", message, {
    hint,
    facts: { cause, ...exit, lastWords: lines, log: paths.temporalLog, binary },
  });
}
