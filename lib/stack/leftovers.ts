import { readFileSync } from "node:fs";
import { DEFAULT_STOP_TIMEOUT_MS } from "../config/processes.ts";
import { systemErrorCode } from "../errors/local_error.ts";
import type { Instance } from "../instance/context.ts";
import { findProcess } from "../instance/find_process.ts";
import { processPaths } from "../instance/paths.ts";
import { readPidFile, recordedSettings, removePidFile } from "../instance/pid_file.ts";
import { claimLock, lockHeld } from "../process/claim_lock.ts";
import { terminate, type TerminationTarget } from "../process/terminate.ts";

/** The variable that marks a process of an instance, and what it starts. */
export const MARKER = "STIGMER_PROCESS";

/** The value of {@linkcode MARKER} for the process of `paths`. */
export function markerOf({ home, program }: Instance["paths"]): string {
  return `${program}@${home}`;
}

/**
 * What is left of the recorded process's group when neither its leader nor its lock is there: Node gives no descriptor on
 * to its children, so a worker that npm started outlives npm without the lock. A member counts if it has the
 * {@linkcode MARKER} in its environment, which only Linux shows.
 */
export function leftoverGroup({ paths, processes }: Instance): TerminationTarget | null {
  const onDisk = readPidFile(paths.record, paths.program);
  if (onDisk.kind !== "record" || onDisk.record.bootId !== processes.bootId()) return null;
  const { pid } = onDisk.record;
  const marker = `\0${MARKER}=${markerOf(paths)}\0`;
  const isMarked = processes.liveGroupMembers(pid).some((member) => environmentOf(member.pid).includes(marker));
  return isMarked ? { pgid: pid, leaderStartTime: null } : null;
}

/** The environment of process `pid` as the kernel keeps it; empty if it cannot be read. */
function environmentOf(pid: number): string {
  try {
    return `\0${readFileSync(`/proc/${pid}/environ`, "utf8")}\0`;
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return "";
  }
}

/**
 * Ends what is alive of the process of `instance`, which no supervisor tracks, and removes its record. Only for the holder
 * of `supervisor.lock`.
 *
 * @returns the PID of its group; null if nothing was alive
 * @throws {LocalError} `stop-failed`, `lock-failed`
 */
export async function endUntracked(
  instance: Instance,
  end: (target: TerminationTarget) => Promise<unknown>,
): Promise<number | null> {
  const { paths, processes } = instance;
  const { found, onDisk } = findProcess(paths, processes);
  const target = found === null
    ? leftoverGroup(instance)
    : { pgid: found.pgid, leaderStartTime: found.leader?.startTime ?? null };
  if (target !== null) await end(target);
  const lock = await claimLock(instance);
  if (lock === null) throw lockHeld(paths.processLock, processes);
  if (onDisk.kind === "record") removePidFile(paths.record, onDisk.record.pid, paths.program);
  lock.close();
  return target?.pgid ?? null;
}

/**
 * {@linkcode endUntracked} for the process `name`.
 *
 * @param graceMs At most so long; its own `stop_timeout` counts, too.
 */
export async function endRecorded(instance: Instance, name: string, graceMs: number): Promise<number | null> {
  const own = { ...instance, paths: processPaths(instance.paths, name) };
  const { stopTimeoutMs = DEFAULT_STOP_TIMEOUT_MS } = recordedSettings(instance.paths, name) ?? {};
  return await endUntracked(own, (target) => terminate(own, target, Math.min(graceMs, stopTimeoutMs)));
}
