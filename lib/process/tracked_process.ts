import { LocalError } from "../errors/local_error.ts";
import type { PidRecord } from "../instance/pid_file_format.ts";
import type { Processes, ProcessInfo } from "../platform/processes/processes.ts";
import type { ProcessExit } from "../platform/spawn/spawn_options.ts";
import type { System } from "../platform/system.ts";

/** How an adopted process ended: only its parent is told. */
export const UNKNOWN_EXIT: ProcessExit = { code: null, signal: null };

/** A process that this supervisor launched or adopted. Its process group bears its PID. */
export interface TrackedProcess {
  pid: number;
  /** As the kernel tells it; proves later that the PID is still the same process. */
  startTime: string;
  /** The executable that runs, which is not the path of the launch when that is a shim; null when it cannot be read. */
  executable: string | null;
  /** Unix ms. */
  startedAtMs: number;
  /** An earlier supervisor launched it. */
  adopted: boolean;
  /** Resolves when the leader of the group is dead; members of its group may live on. */
  ended: Promise<ProcessExit>;
  /** Where its part of its log begins, in bytes; missing for one that was adopted. */
  logStart?: number;
}

/** A process that an earlier supervisor launched, the leader of its group. */
export function adoptedProcess(
  leader: ProcessInfo,
  startedAtMs: number,
  system: Pick<System, "processes" | "delay">,
): TrackedProcess {
  const { pid, startTime, executable } = leader;
  return { pid, startTime, executable, startedAtMs, adopted: true, ended: watchEnd(leader, system) };
}

/** What a record says of `process`, whatever its program. */
export function recordOfProcess(
  { pid, startedAtMs, startTime, executable }: TrackedProcess,
  processes: Processes,
): PidRecord {
  return {
    pid,
    startedAtS: Math.floor(startedAtMs / 1000),
    startTime,
    bootId: processes.bootId(),
    ...(executable === null ? {} : { executable }),
  };
}

/** How often a process that is not our child is looked at, in ms. */
const ADOPTED_POLL_MS = 200;
/** Each so many looks its identity is checked, too: on macOS that runs ps(1). */
const LOOKS_PER_IDENTITY = 25;

/** Resolves once a process that is not our child is dead: no exit event tells of it, so it is polled. */
export async function watchEnd(
  process: Pick<ProcessInfo, "pid" | "startTime">,
  { processes, delay }: Pick<System, "processes" | "delay">,
): Promise<ProcessExit> {
  for (let looks = 1;; looks++) {
    await delay(ADOPTED_POLL_MS);
    const mayBeAnother = looks % LOOKS_PER_IDENTITY === 0;
    if (!(mayBeAnother ? await isSame(process, processes) : processes.isThere(process.pid))) break;
  }
  return UNKNOWN_EXIT;
}

/** A look that fails proves nothing: the next one tells. */
async function isSame(
  { pid, startTime }: Pick<ProcessInfo, "pid" | "startTime">,
  processes: Processes,
): Promise<boolean> {
  try {
    return await processes.startTimeLater(pid) === startTime;
  } catch (error) {
    if (!(error instanceof LocalError)) throw error;
    return processes.isThere(pid);
  }
}
