import { isDead, type LockHolder, type Processes, type ProcessInfo } from "../platform/processes/processes.ts";
import type { InstancePaths } from "./paths.ts";
import { type PidFileContent, readPidFile } from "./pid_file.ts";
import { isRecordedProcess } from "./pid_record.ts";

/**
 * How a process was proved to be ours. `lock`: it holds `temporal.lock`; `deleted-lock`: it holds one that was
 * deleted from that path; `record`: PID, start time, boot and executable are those of the record.
 */
export type Proof = "lock" | "deleted-lock" | "record";

/** A process group of ours that is alive. */
export interface FoundTemporal {
  proof: Proof;
  /** The group, which bears the leader's PID. */
  pgid: number;
  /** The leader; null when it is dead and others of its group live on. */
  leader: ProcessInfo | null;
}

/** What was found of an instance's Temporal, without touching anything. */
export interface TemporalEvidence {
  onDisk: PidFileContent;
  /** Our live Temporal, or what is left of its group; null when there is none that can be proved. */
  temporal: FoundTemporal | null;
  /** Somebody lives under the record's PID whom the record does not describe: never to be signalled. */
  reusedPid: ProcessInfo | null;
  /** Somebody has `temporal.lock` who is none of ours: never to be signalled. */
  foreignLockHolder: LockHolder | null;
}

/**
 * Looks for the instance's Temporal: by its lock first, by the record second. Takes no lock and signals nobody.
 *
 * A process that holds the lock is ours whatever the record says. One that the record alone points at is ours only if
 * it is proved to be the very process that was recorded (PIDs are reused).
 */
export function findTemporal(paths: InstancePaths, processes: Processes): TemporalEvidence {
  const onDisk = readPidFile(paths.record);
  const record = onDisk.kind === "record" ? onDisk.record : null;
  const recorded = record === null ? null : processes.inspect(record.pid);
  const isProved = record !== null && recorded !== null &&
    isRecordedProcess(record, { ...recorded, bootId: processes.bootId() });

  const holders = withoutSupervisors(processes.lockHolders(paths.temporalLock, record?.pid), paths, processes);
  const isOfJob = ({ pid }: LockHolder) => isJobOfShell(processes.inspect(pid), record?.pid, holders);
  for (const on of ["path", "deleted"] as const) {
    for (const holder of holders.filter((each) => each.on === on && !isOfJob(each))) {
      const found = groupOf(holder.pid, processes, on === "path" ? "lock" : "deleted-lock");
      if (found !== null && holdsStill(holder.pid, paths, processes)) {
        return { onDisk, temporal: found, reusedPid: null, foreignLockHolder: null };
      }
    }
  }
  const foreignLockHolder = holders.find((each) => isOfJob(each) && holdsStill(each.pid, paths, processes)) ?? null;
  if (isProved) {
    return {
      onDisk,
      temporal: { proof: "record", pgid: recorded.pgid, leader: recorded },
      reusedPid: null,
      foreignLockHolder,
    };
  }
  const reusedPid = recorded !== null && !isDead(recorded) ? recorded : null;
  return { onDisk, temporal: null, reusedPid, foreignLockHolder };
}

/** A supervisor that is just launching, and its helper, have `temporal.lock` open for some ms: they are no Temporal. */
function withoutSupervisors(holders: LockHolder[], paths: InstancePaths, processes: Processes): LockHolder[] {
  if (holders.length === 0) return holders;
  const pgidOf = (pid: number) => processes.inspect(pid)?.pgid;
  const supervisors = new Set(processes.lockHolders(paths.supervisorLock).map(({ pid }) => pgidOf(pid)));
  return holders.filter(({ pid }) => !supervisors.has(pgidOf(pid)));
}

/**
 * A `stop` has both locks for some ms too, in the group of the user's shell: one that let go of them between the two looks
 * would be taken for Temporal, and its group be ended. Whoever has `temporal.lock` after the second look had the other one
 * at it, unless it is Temporal.
 */
function holdsStill(pid: number, { temporalLock }: InstancePaths, processes: Processes): boolean {
  return processes.lockHolders(temporalLock, pid).some((holder) => holder.pid === pid);
}

/**
 * Whether a holder of our lock is a job in the session of somebody's shell (`flock temporal.lock make`): its group is not
 * ours to end. Temporal leads a session, and what left its group is in that one still or leads another. macOS tells none.
 */
function isJobOfShell(seen: ProcessInfo | null, recordedPid: number | undefined, holders: LockHolder[]): boolean {
  if (seen === null || seen.sid === 0 || seen.sid === seen.pgid) return false;
  return seen.sid !== recordedPid && !holders.some(({ pid }) => pid === seen.sid);
}

/** The group of a process that has our lock; null when it is gone. */
function groupOf(pid: number, processes: Processes, proof: Proof): FoundTemporal | null {
  const holder = processes.inspect(pid);
  if (holder === null || isDead(holder)) return null;
  const leader = processes.inspect(holder.pgid);
  if (leader === null || isDead(leader)) return { proof, pgid: holder.pgid, leader: null };
  return { proof, pgid: holder.pgid, leader };
}
