import { limitBesideMs } from "../config/policy.ts";
import { askSupervisor } from "../control/client.ts";
import { refuseSocketFolder } from "../control/socket_folder.ts";
import { LocalError } from "../errors/local_error.ts";
import { createInstance, type Instance } from "../instance/context.ts";
import { findProcess } from "../instance/find_process.ts";
import { clearLastFailure } from "../instance/last_failure.ts";
import { instancePaths } from "../instance/paths.ts";
import { recordedNames, removePidFile } from "../instance/pid_file.ts";
import { removeStaleSocket, sweepTemporaries } from "../instance/stale_files.ts";
import type { LockFile } from "../platform/locks/lock_file.ts";
import type { Host } from "../platform/runtime/host.ts";
import type { System } from "../platform/system.ts";
import { systemHere } from "../platform/system_here.ts";
import { claimLock } from "../process/claim_lock.ts";
import { targetOf, terminate } from "../process/terminate.ts";
import type { Stopped } from "../instance/status/status.ts";
import { quotedIfNeeded } from "../text/shell_word.ts";
import { killUnresponsiveSupervisor } from "./kill_unresponsive_supervisor.ts";
import { untilExited } from "./supervisor_exit.ts";

/** How long to wait for a supervisor that holds the lock but is not listening (still starting, or exiting), in ms. */
const SETTLE_MS = 30_000;

/**
 * Stops an instance whose supervisor is missing or unresponsive. Takes `supervisor.lock`, whose holder alone may
 * signal; kills a hung supervisor first. Null if a supervisor responds after all: the caller must ask that one.
 *
 * @throws {LocalError} `stop-failed`, `lock-failed`, `supervisor-unresponsive`
 */
export async function stopUnsupervised(
  host: Host,
  home: string,
  graceMs: number,
  isSilent: boolean,
  system: System = systemHere(host.platform),
): Promise<Stopped | null> {
  const lock = await takeSupervisorLock(host, home, isSilent, system);
  if (lock === null) return null;
  const paths = instancePaths(home);
  try {
    const instance = createInstance(host, { home, policy: {} }, null, system);
    const failures = await endProcesses(instance, graceMs);
    const { found: temporal, record } = findProcess(paths, instance.processes);
    const ended = temporal === null ? null : await terminate(instance, targetOf(temporal), graceMs);
    const free = await claimLock(instance);
    if (record !== null) removePidFile(paths, record.pid);
    clearLastFailure(paths.lastFailure);
    sweepTemporaries(instance);
    removeStaleSocket(instance);
    free.close();
    if (failures.length > 0) throw failures[0]; // Temporal has stopped all the same
    return { pid: temporal?.pgid ?? null, forced: ended?.forced === true };
  } finally {
    lock.close();
  }
}

/** Ends the processes beside Temporal. Resolves with what was thrown where that failed. */
async function endProcesses(instance: Instance, graceMs: number): Promise<unknown[]> {
  const { home } = instance.paths;
  const names = recordedNames(home);
  if (names.length === 0) return [];
  const { endRecorded } = await import("../stack/leftovers.ts");
  const limitMs = limitBesideMs(graceMs);
  const ends = await Promise.allSettled(names.map((name) => endRecorded(instance, name, limitMs)));
  return ends.flatMap((end) => end.status === "rejected" ? [end.reason] : []);
}

async function takeSupervisorLock(
  host: Host,
  home: string,
  isSilent: boolean,
  system: System,
): Promise<LockFile | null> {
  const { tryLock, nowMs, delay, processes } = system;
  const { supervisorLock, controlSocket } = instancePaths(home);
  let hasKilled = false;
  let holders: number[] = [];
  for (const settledAt = nowMs() + SETTLE_MS;;) {
    const isOverdue = nowMs() >= settledAt;
    const lock = await tryLock(supervisorLock);
    if (lock !== null) {
      await untilExited(holders, processes, system);
      return lock;
    }
    if (holders.length === 0) holders = processes.lockHolders(supervisorLock).map(({ pid }) => pid);
    if (isOverdue && hasKilled) break;
    if ((isSilent || isOverdue) && !hasKilled) {
      hasKilled = true;
      if (await killUnresponsiveSupervisor(host, home, system, !isOverdue) === "answers") return null;
      continue;
    }
    const answer = await askSupervisor(host, home, "GET", "/healthz");
    if (answer.kind === "answer") return null;
    if (answer.kind === "absent") refuseSocketFolder(controlSocket);
    if (answer.kind === "silent") isSilent = true;
    await delay(25);
  }
  throw new LocalError("supervisor-unresponsive", "A supervisor holds its lock but is not listening", {
    hint: `\`fuser ${quotedIfNeeded(supervisorLock)}\` shows its PID: end that process, then try again`,
    facts: { path: supervisorLock },
  });
}
