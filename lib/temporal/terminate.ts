import { LocalError } from "../errors/local_error.ts";
import type { Instance } from "../instance/context.ts";
import { findTemporal } from "../instance/find_temporal.ts";
import type { LockFile } from "../platform/files/lock_file.ts";
import { isDead, type Processes } from "../platform/processes/processes.ts";
import { endGroup } from "../platform/spawn/signal_group.ts";

/** How long the kernel may take to free the lock of a process that is dead, in ms. */
const LOCK_FREE_DEADLINE_MS = 5000;

/** Who is to be ended, as proved before. */
export interface EndTarget {
  /** The process group. */
  pgid: number;
  /** The start time of its leader, so that a recycled PID is never signalled; null when the leader was dead already. */
  leaderStartTime: string | null;
  /** Resolves when the leader has ended, if that is our child. */
  leaderEnded?: Promise<unknown>;
}

/** What may cut an end short. */
export interface EndPatience {
  /** Ends the grace period: SIGKILL follows at once. */
  signal: AbortSignal;
  /** Whether the group is another supervisor's by now, and no signal of ours may reach it any more. */
  isSuperseded: () => boolean;
}

/** How an end went. */
export interface EndResult {
  /** The grace period was not enough. */
  forced: boolean;
  ms: number;
}

/**
 * Ends a process group of ours: SIGTERM with SIGCONT, SIGKILL after `graceMs` (at once for 0). Only for the holder of
 * `supervisor.lock`. The caller has proved that the group is ours.
 *
 * A leader that is dead does not free its group's number: the kernel gives no process a PID that a group still bears
 * (alloc_pid skips numbers in use as PGID or SID), so members without a leader are still the same group.
 *
 * @throws {LocalError} `stop-failed` when a member survives SIGKILL
 */
export function endProcessGroup(
  instance: Instance,
  target: EndTarget,
  graceMs: number,
  patience?: EndPatience,
): Promise<EndResult> {
  const { processes } = instance;
  return endGroup({
    pgid: target.pgid,
    graceMs,
    system: instance,
    ...(patience === undefined ? {} : { signal: patience.signal }),
    ...(target.leaderEnded === undefined ? {} : { leaderEnded: target.leaderEnded }),
    isStillOurs: () => {
      if (patience?.isSuperseded() === true) return false;
      const leader = processes.inspect(target.pgid);
      return leader === null || isDead(leader) || leader.startTime === target.leaderStartTime;
    },
  });
}

/**
 * Takes `temporal.lock`, after whatever else still holds it was ended: a descendant of Temporal that left its group
 * inherited the lock, and having our lock file open proves that it is ours. Null when there is nobody to be seen who
 * holds it, and yet it is held.
 *
 * @param gently Ends a Temporal that nobody tracks yet: it was about to be adopted, or had just been spawned; false = we
 * were deposed meanwhile. A leftover gets SIGKILL.
 * @throws {LocalError} `stop-failed` when a holder survives SIGKILL
 */
export async function clearTemporalLock(
  instance: Instance,
  gently?: (target: EndTarget) => Promise<boolean>,
): Promise<LockFile | null> {
  const giveUpAt = instance.nowMs() + LOCK_FREE_DEADLINE_MS;
  for (;;) {
    const lock = await instance.tryLock(instance.paths.temporalLock);
    if (lock !== null) return lock;
    const { temporal } = findTemporal(instance.paths, instance.processes);
    if (temporal !== null && temporal.proof !== "record") {
      instance.log.note("leftover ended", { pgid: temporal.pgid, proof: temporal.proof });
      const target = { pgid: temporal.pgid, leaderStartTime: temporal.leader?.startTime ?? null };
      if (gently === undefined) await endProcessGroup(instance, target, 0);
      else if (!await gently(target)) return null;
    } else if (instance.nowMs() > giveUpAt) {
      return null;
    } else {
      await instance.delay(10);
    }
  }
}

/** The error for a `temporal.lock` that stays held, by somebody who is none of ours or can't be seen. */
export function lockHeld(path: string, processes: Processes): LocalError {
  const [holder] = processes.lockHolders(path);
  if (holder !== undefined) {
    const { pid, command } = holder;
    return new LocalError("lock-failed", `${path} is held by pid ${pid} (${command}), which is no Temporal of ours`, {
      hint: "End that process, or use another --home",
      facts: { path, pid, command },
    });
  }
  return new LocalError("lock-failed", `${path} is held by a process that can't be seen from here`, {
    hint: "Another user, or a container that shares this home, runs Temporal here: end it there, or use another --home",
    facts: { path },
  });
}

/** The end of a group: its leader, whether it took SIGKILL, and when (`System.nowMs`). */
export interface GroupEnd {
  pid: number;
  forced: boolean;
  atMs: number;
}

/** Ends process groups that were proved to be an instance's, and remembers the last one. */
export class GroupEnds {
  readonly #instance: Instance;
  readonly #deposed: AbortSignal;
  #last: GroupEnd | null = null;

  /** @param superseded Aborts when another supervisor takes our place: then nothing is signalled any more. */
  constructor(instance: Instance, superseded: AbortSignal) {
    this.#instance = instance;
    this.#deposed = superseded;
  }

  get last(): GroupEnd | null {
    return this.#last;
  }

  /**
   * Ends a group as {@linkcode endProcessGroup} does.
   *
   * @param patience Ends the grace period when it aborts.
   */
  async end(target: EndTarget, graceMs: number, patience: AbortSignal): Promise<EndResult> {
    const cut = { signal: patience, isSuperseded: () => this.#deposed.aborted };
    const result = await endProcessGroup(this.#instance, target, graceMs, cut);
    const { pgid: pid } = target;
    const { forced, ms } = result;
    this.#instance.log.note("ended", { pid, forced, ms: Math.round(ms), graceMs });
    this.#last = { pid, forced, atMs: this.#instance.nowMs() };
    return result;
  }
}
