import { parseTemporalArgs } from "../../config/dev_server_args.ts";
import { DEFAULT_POLICY } from "../../config/policy.ts";
import { completeSettings, type RequestedSettings, type Settings } from "../../config/settings.ts";
import { fullDisk } from "../../platform/files/free_space.ts";
import { type Holder, isStillThere, type Processes, type ProcessInfo } from "../../platform/processes/processes.ts";
import { processesHere } from "../../platform/processes/processes_here.ts";
import type { Host } from "../../platform/runtime/host.ts";
import { findProcess, type ProcessEvidence } from "../find_process.ts";
import { hiddenLocks } from "../hidden_locks.ts";
import { readLastFailure } from "../last_failure.ts";
import { type InstancePaths, instancePaths, processLog, processPaths } from "../paths.ts";
import { resolveSettings } from "../ports_file.ts";
import { recordedNames } from "../pid_file.ts";
import { areHealthy, checkLayers } from "./checks.ts";
import { dataFolders } from "./data_check.ts";
import { createProbe } from "./probe.ts";
import type { Check, ProcessStatus, Status } from "./status.ts";
import { statusFrame } from "./status_frame.ts";

/** After this many changes between two looks, the last one is reported. */
const MAX_LOOKS = 5;

/**
 * The status of an instance whose supervisor does not respond, from locks, processes and files. Sends no signal,
 * writes nothing, and holds a lock only to learn whether it is free. `requested` supplies the settings that are recorded nowhere.
 *
 * The order matters: Temporal first, then the supervisor's lock, then Temporal again. `unsupervised` is reported only
 * if Temporal was running both before and after the lock was found free.
 */
export async function offlineStatus(
  host: Host,
  home: string,
  requested: RequestedSettings,
  processes: Processes = processesHere(host.platform),
): Promise<Status> {
  const paths = instancePaths(home);
  const { finding, supervisor } = look(paths, processes);
  const leader = finding.found?.leader ?? null;
  const settings = settingsOf(finding, leader, processes, requested, paths);

  const left = processesLeft(paths, processes);
  if (leader === null) {
    // A record without its process: stale, or the process cannot be seen from here.
    const isStale = supervisor === null && finding.record !== null;
    const [hidden] = isStale ? await hiddenLocks([paths.supervisorLock, paths.processLock], processes) : [];
    if (hidden !== undefined) return heldElsewhere(hidden, paths, settings);
    const status = { ...withoutTemporal(paths, settings, finding, supervisor), ...left };
    // On a full disk, the supervisor may have been unable to record why it gave up.
    const full = supervisor === null ? fullDisk(dataFolders(paths, settings)) : null;
    return full === null ? status : { ...status, warnings: [`The disk is full: ${full}`] };
  }
  const { record } = finding;
  const probe = createProbe(host.connect, settings);
  const checks = await checkLayers({
    paths,
    processes,
    settings,
    pid: leader.pid,
    startTime: leader.startTime,
    startedAtMs: (record?.startedAtS ?? 0) * 1000,
    probe,
    timeoutMs: DEFAULT_POLICY.healthTimeoutS * 1000,
  });
  probe.close();
  if (!isStillThere(leader, processes)) return await offlineStatus(host, home, requested, processes);

  return {
    ...statusFrame(supervisor === null ? "unsupervised" : "running", settings, paths),
    // An unresponsive supervisor makes health unknown, whatever the checks say.
    healthy: supervisor === null && areHealthy(checks),
    temporal: {
      pid: leader.pid,
      pgid: leader.pgid,
      version: record?.version ?? null,
      binary: leader.executable,
      startedAt: new Date((record?.startedAtS ?? 0) * 1000).toISOString(),
      adopted: false,
    },
    checks: [...checks, supervisorCheck(supervisor)],
    ...left,
  };
}

/** The processes beside Temporal that are alive without a supervisor. */
function processesLeft(paths: InstancePaths, processes: Processes): Pick<Status, "processes"> {
  const alive = recordedNames(paths.home).flatMap((name): ProcessStatus[] => {
    const { found, record } = findProcess(processPaths(paths, name), processes);
    if (found === null) return [];
    return [{
      name,
      state: "unsupervised",
      ready: false,
      detail: "`stigmer-local start` adopts it",
      pid: found.pgid,
      startedAt: new Date((record?.startedAtS ?? 0) * 1000).toISOString(),
      adopted: false,
      restarts: 0,
      lastExit: null,
      log: processLog(paths, name),
    }];
  });
  return alive.length === 0 ? {} : { processes: alive };
}

/**
 * Finds Temporal and its supervisor. "No supervisor" is trusted only if Temporal and its PID file are the same before
 * and after: in between, the instance may have stopped normally or started.
 */
function look(paths: InstancePaths, processes: Processes): { finding: ProcessEvidence; supervisor: Holder | null } {
  let finding = findProcess(paths, processes);
  for (let looks = 1;; looks++) {
    const supervisor = supervisorOf(paths, processes);
    if (supervisor !== null || looks > MAX_LOOKS) return { finding, supervisor };
    const before = finding;
    finding = findProcess(paths, processes);
    if (isSame(before, finding)) return { finding, supervisor };
  }
}

function isSame(a: ProcessEvidence, b: ProcessEvidence): boolean {
  const facts = ({ found, record, unusable }: ProcessEvidence) => [
    found?.pgid,
    found?.leader?.startTime,
    record?.pid,
    unusable,
  ];
  return JSON.stringify(facts(a)) === JSON.stringify(facts(b));
}

/** The holder of `supervisor.lock`. Looked up twice, because `start` may be handing the lock over to its supervisor. */
function supervisorOf(paths: InstancePaths, processes: Processes): Holder | null {
  for (let look = 0; look < 2; look++) {
    const holder = processes.lockHolders(paths.supervisorLock).find(({ on }) => on === "path");
    if (holder !== undefined) return holder;
  }
  return null;
}

function supervisorCheck(supervisor: Holder | null): Check {
  const detail = supervisor === null
    ? "none: `stigmer-local start` adopts this Temporal"
    : `pid ${supervisor.pid} holds its lock and does not respond`;
  return { name: "supervisor", ok: false, ms: 0, detail };
}

function settingsOf(
  finding: ProcessEvidence,
  leader: ProcessInfo | null,
  processes: Processes,
  requested: RequestedSettings,
  paths: InstancePaths,
): Settings {
  const recorded = finding.record?.settings;
  if (leader !== null && recorded !== undefined) return recorded;
  const seen = leader === null ? null : parseTemporalArgs(processes.argv(leader.pid) ?? []);
  return seen === null ? resolveSettings(requested, paths) : completeSettings(seen, paths.defaultDatabase);
}

/** The status when a process holds a lock that cannot be seen from here. */
function heldElsewhere(lock: string, paths: InstancePaths, settings: Settings): Status {
  const detail = `${lock} is held by a process that cannot be seen from here: another user's, or in a container`;
  return { ...statusFrame("unknown", settings, paths), checks: [{ name: "lock", ok: false, ms: 0, detail }] };
}

/** The status when Temporal is not running: `starting`, `failed` or `stopped`. */
function withoutTemporal(
  paths: InstancePaths,
  settings: Settings,
  finding: ProcessEvidence,
  supervisor: Holder | null,
): Status {
  if (supervisor !== null) {
    return { ...statusFrame("starting", settings, paths), checks: [supervisorCheck(supervisor)] };
  }
  const lastFailure = readLastFailure(paths.lastFailure);
  if (lastFailure !== null) {
    const { failure, lastExit, restarts } = lastFailure;
    return { ...statusFrame("failed", lastFailure.settings ?? settings, paths), failure, lastExit, restarts };
  }
  if (finding.record === null) return statusFrame("stopped", settings, paths);
  const { pid, settings: recorded } = finding.record;
  return {
    ...statusFrame("failed", recorded ?? settings, paths),
    failure: {
      code: "not-running",
      message:
        `Temporal (pid ${pid}) and its supervisor exited without being stopped: killed, or the machine went down`,
      hint: "`stigmer-local start` cleans up and starts again",
      facts: { pid },
    },
  };
}
