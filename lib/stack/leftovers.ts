import { DEFAULT_STOP_TIMEOUT_MS } from "../config/processes.ts";
import type { Instance } from "../instance/context.ts";
import { namedLog } from "../instance/event_log.ts";
import { findProcess } from "../instance/find_process.ts";
import { processPaths } from "../instance/paths.ts";
import { removePidFile } from "../instance/pid_file.ts";
import type { PidRecord } from "../instance/pid_file_format.ts";
import { claimLock } from "../process/claim_lock.ts";
import { targetOf, terminate, type TerminationTarget } from "../process/terminate.ts";

/** The variable that marks a process of an instance, and what it starts. */
export const MARKER = "STIGMER_PROCESS";

/** The value of {@linkcode MARKER} for the process of `paths`. */
export function markerOf({ home, program }: Instance["paths"]): string {
  return `${program}@${home}`;
}

/** `instance` as the process `name` sees it: with its paths, and a log that names it. */
export function instanceOf(instance: Instance, name: string): Instance {
  return { ...instance, paths: processPaths(instance.paths, name), log: namedLog(instance.log, name) };
}

/**
 * What is left of the recorded process's group when neither its leader nor its lock is there: Node gives no descriptor on
 * to its children, so a worker that npm started outlives npm without the lock. A member counts if it has the
 * {@linkcode MARKER} in its environment, which only Linux shows.
 */
export function leftoverGroup({ paths, processes }: Instance, record: PidRecord | null): TerminationTarget | null {
  if (record === null || record.bootId !== processes.bootId()) return null;
  const mark = `${MARKER}=${markerOf(paths)}`;
  const isMarked = processes.liveGroupMembers(record.pid).some(({ pid }) => processes.hasInEnvironment(pid, mark));
  return isMarked ? { pgid: record.pid, leaderStartTime: null } : null;
}

/**
 * Ends what is alive of the process `name` of `instance`, which no supervisor tracks, and removes its record. Only for the
 * holder of `supervisor.lock`.
 *
 * @param graceMs At most so long; the `stop_timeout` that it was launched with counts, too.
 * @throws {LocalError} `stop-failed`, `lock-failed`
 */
export async function endRecorded(instance: Instance, name: string, graceMs: number): Promise<void> {
  const own = instanceOf(instance, name);
  const { paths, processes } = own;
  const { found, record } = findProcess(paths, processes);
  const { stopTimeoutMs = DEFAULT_STOP_TIMEOUT_MS } = record?.launched?.settings ?? {};
  const target = found === null ? leftoverGroup(own, record) : targetOf(found);
  if (target !== null) await terminate(own, target, Math.min(graceMs, stopTimeoutMs));
  const lock = await claimLock(own);
  if (record !== null) removePidFile(paths, record.pid);
  lock.close();
}
