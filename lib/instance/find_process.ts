import { isDead, type LockHolder, type Processes, type ProcessInfo } from "../platform/processes/processes.ts";
import type { InstancePaths } from "./paths.ts";
import { type PidFileContent, readPidFile } from "./pid_file.ts";
import { isRecordedProcess } from "./pid_file_format.ts";

/**
 * How a process was identified as the supervised one, Temporal or one beside it. `lock`: it holds its lock file;
 * `deleted-lock`: it holds one that was deleted from that path; `record`: PID, start time, boot and executable match the PID file.
 */
export type Proof = "lock" | "deleted-lock" | "record";

/** The live process group of a supervised process. */
export interface FoundProcess {
  proof: Proof;
  /** The process group ID, which is also the leader's PID. */
  pgid: number;
  /** The group leader; null if it exited and other members of the group are alive. */
  leader: ProcessInfo | null;
}

/** What identifies a supervised process, its PID file among it, found without side effects. */
export interface ProcessEvidence extends PidFileContent {
  /** The live process, or the rest of its group; null if none is proved to be it. */
  found: FoundProcess | null;
  /** A process that reused the recorded PID. Must not be signalled. */
  reusedPid: ProcessInfo | null;
  /** A process that holds the lock but was not launched by this tool. Must not be signalled. */
  foreignLockHolder: LockHolder | null;
}

/**
 * Finds the supervised process that `paths` name: by its lock first, by the PID file second. Takes no lock and sends no signal.
 *
 * One that holds the lock is it, whatever the PID file says. Without the lock, a process counts only if start time, boot and executable match the PID file too, because PIDs are reused.
 */
export function findProcess(paths: InstancePaths, processes: Processes): ProcessEvidence {
  const content = readPidFile(paths);
  const { record } = content;
  const nothing = { ...content, found: null, reusedPid: null, foreignLockHolder: null };
  const holders = withoutSupervisors(processes.lockHolders(paths.processLock, record?.pid), paths, processes);
  const isOfJob = (holder: SeenHolder) => isJobOfShell(holder, record?.pid, holders);
  for (const on of ["path", "deleted"] as const) {
    for (const holder of holders.filter((each) => each.on === on && !isOfJob(each))) {
      const found = groupOf(holder.seen, processes, on === "path" ? "lock" : "deleted-lock");
      if (found !== null && holdsStill(holder.pid, paths, processes)) {
        return { ...nothing, found };
      }
    }
  }
  const foreignLockHolder = holders.find((each) => isOfJob(each) && holdsStill(each.pid, paths, processes)) ?? null;
  const recorded = record === null ? null : processes.inspect(record.pid);
  const isProved = record !== null && recorded !== null && isRecordedProcess(record, recorded, processes.bootId());
  if (isProved) {
    return { ...nothing, found: { proof: "record", pgid: recorded.pgid, leader: recorded }, foreignLockHolder };
  }
  const reusedPid = recorded !== null && !isDead(recorded) ? recorded : null;
  return { ...nothing, reusedPid, foreignLockHolder };
}

/** A lock holder, and what the kernel says of it; null if it has exited. */
type SeenHolder = LockHolder & { seen: ProcessInfo | null };

/**
 * During a launch, the supervisor and its exec wrapper have `temporal.lock` open for some ms: they are not Temporal. Asks
 * about the groups of the holders, because a look at all processes costs more.
 */
function withoutSupervisors(holders: LockHolder[], paths: InstancePaths, processes: Processes): SeenHolder[] {
  return holders
    // Not copied: the command of a holder is looked up when it is read.
    .map((holder) => Object.assign(holder, { seen: processes.inspect(holder.pid) }))
    .filter(({ seen }) => seen === null || !processes.groupHolds(seen.pgid, paths.supervisorLock));
}

/**
 * Checks a second time that `pid` holds `temporal.lock`. `stop` holds both locks for some ms, in the process group of
 * the user's shell: if it released them between the two listings above, it would look like Temporal and its group would
 * be killed. A process that still holds `temporal.lock` now, and was not listed with the supervisor's lock, is
 * Temporal.
 */
function holdsStill(pid: number, { processLock }: InstancePaths, processes: Processes): boolean {
  return processes.lockHolders(processLock, pid).some((holder) => holder.pid === pid);
}

/**
 * Whether a lock holder is a job in a shell's session (`flock temporal.lock make`), whose group must not be signalled.
 * Temporal leads its own session; a descendant that left its group is still in that session, or leads another.
 */
function isJobOfShell({ seen }: SeenHolder, recordedPid: number | undefined, holders: SeenHolder[]): boolean {
  if (seen === null || seen.sid === 0 || seen.sid === seen.pgid) return false;
  return seen.sid !== recordedPid && !holders.some(({ pid }) => pid === seen.sid);
}

/** The process group of a lock holder; null if the process exited. */
function groupOf(holder: ProcessInfo | null, processes: Processes, proof: Proof): FoundProcess | null {
  if (holder === null || isDead(holder)) return null;
  const leader = holder.pid === holder.pgid ? holder : processes.inspect(holder.pgid);
  return { proof, pgid: holder.pgid, leader: leader === null || isDead(leader) ? null : leader };
}
