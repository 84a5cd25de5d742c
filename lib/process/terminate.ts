import { LocalError } from "../errors/local_error.ts";
import type { FoundProcess } from "../instance/find_process.ts";
import { isDead, type Processes, type ProcessInfo } from "../platform/processes/processes.ts";
import { signalGroup } from "../platform/spawn/signal_group.ts";
import type { System } from "../platform/system.ts";

/** How long a member may live on after SIGKILL (in an uninterruptible system call), in ms. */
const KILL_DEADLINE_MS = 10_000;

/** The group is polled this often while it ends, in ms: at first, and at last. */
const FIRST_POLL_MS = 5;
const LAST_POLL_MS = 25;

/** A tick that is this much late tells of a machine that slept, or a process that was stopped, in ms. */
const ASLEEP_MS = 1000;

/** A process group that was proved to belong to the instance. */
export interface TerminationTarget {
  pgid: number;
  /** The start time of its leader, so that a reused PID is never signalled; null when the leader was dead already. */
  leaderStartTime: string | null;
  /** Resolves when the leader has ended, if that is our child: the group is looked at then, not at the next poll. */
  leaderEnded?: Promise<unknown>;
}

/** The group of a supervised process that was found. */
export function targetOf({ pgid, leader }: FoundProcess): TerminationTarget {
  return { pgid, leaderStartTime: leader?.startTime ?? null };
}

/** How a termination went. */
export interface TerminationResult {
  /** The grace period was not enough: SIGKILL was sent. */
  forced: boolean;
  ms: number;
}

/** The handle on the terminations of one life: their grace periods can be shortened, and they can be called off. */
export class Termination {
  readonly #system: Pick<System, "nowMs">;
  readonly #limits: { atMs: number; graceMs: number }[] = [];
  #isCancelled = false;
  #sleptMs = 0;

  constructor(system: Pick<System, "nowMs">) {
    this.#system = system;
  }

  /** A clock that stands still while the machine sleeps, in ms. */
  awakeMs(): number {
    return this.#system.nowMs() - this.#sleptMs;
  }

  /** The machine has slept for `ms`: nothing ran meanwhile. */
  slept(ms: number): void {
    this.#sleptMs += ms;
  }

  /** What is left of a grace period that began at `startedAtMs` of that clock, in ms. */
  leftMs(startedAtMs: number, graceMs: number): number {
    const ends = this.#limits.map((limit) => Math.max(startedAtMs, limit.atMs) + limit.graceMs);
    return Math.min(startedAtMs + graceMs, ...ends) - this.awakeMs();
  }

  /** Lets no grace period last longer than `graceMs` from now, and none that begins later longer than that. */
  shorten(graceMs: number): void {
    this.#limits.push({ atMs: this.awakeMs(), graceMs });
  }

  /** Sends no signal from now on: the groups are another supervisor's. */
  cancel(): void {
    this.#isCancelled = true;
  }

  get isCancelled(): boolean {
    return this.#isCancelled;
  }
}

/**
 * Terminates a process group, and resolves when no live member is left (nothing runs in a zombie), or the termination was
 * cancelled. SIGTERM, then SIGCONT, because a stopped process acts on SIGTERM only once it is continued (signal(7));
 * SIGKILL after `graceMs`, at once for 0; a time in which the machine slept does not count, though the clock of Node on macOS
 * runs on in it (mach_continuous_time in libuv). Only for the holder of `supervisor.lock`, who has proved whose group it is.
 *
 * A leader that is dead does not free its group's number: the kernel gives no process a PID that a group still bears
 * (alloc_pid skips numbers in use as PGID or SID), so members without a leader are still the same group.
 *
 * @throws {LocalError} `stop-failed` when a member survives SIGKILL by 10 s
 * @throws the system's error when the group may not be signalled
 */
export async function terminate(
  system: System,
  target: TerminationTarget,
  graceMs: number,
  termination: Termination = new Termination(system),
): Promise<TerminationResult> {
  const { processes, nowMs, delay } = system;
  const { pgid, leaderStartTime } = target;
  const begunAtMs = nowMs();
  const result = (forced: boolean): TerminationResult => ({ forced, ms: nowMs() - begunAtMs });
  const isOver = () => termination.isCancelled || isGone(pgid, leaderStartTime, processes);
  let lookAtOnce: Promise<void> | undefined = target.leaderEnded?.then(() => {
    lookAtOnce = undefined;
  });
  /** Whether it is over before `leftMs` runs out. The last look is never older than the answer. */
  const endsWithin = async (leftMs: () => number): Promise<boolean> => {
    for (let waitMs = FIRST_POLL_MS;; waitMs = Math.min(waitMs * 1.5, LAST_POLL_MS)) {
      if (isOver()) return true;
      if (leftMs() <= 0) return false;
      const dueMs = nowMs() + Math.min(waitMs, leftMs());
      const pause = delay(dueMs - nowMs());
      await (lookAtOnce === undefined ? pause : Promise.race([pause, lookAtOnce]));
      if (nowMs() - dueMs > ASLEEP_MS) termination.slept(nowMs() - dueMs);
    }
  };

  if (isOver()) return result(false);
  const startedAtMs = termination.awakeMs();
  const graceLeftMs = () => termination.leftMs(startedAtMs, graceMs);
  if (graceLeftMs() > 0) {
    signalGroup(pgid, "SIGTERM", system);
    if (!isOver()) signalGroup(pgid, "SIGCONT", system);
    if (await endsWithin(graceLeftMs)) return result(false);
  }
  signalGroup(pgid, "SIGKILL", system);
  const giveUpAtMs = termination.awakeMs() + KILL_DEADLINE_MS;
  if (await endsWithin(() => giveUpAtMs - termination.awakeMs())) return result(true);
  throw stopFailed(pgid, processes.liveGroupMembers(pgid));
}

/**
 * Whether the group has no live member, or its number went to another process meanwhile. A look at the leader costs a
 * fiftieth of one at all processes, and mostly suffices: it tends to go last.
 */
function isGone(pgid: number, leaderStartTime: string | null, processes: Processes): boolean {
  const leader = processes.inspect(pgid);
  const isLeaderAlive = leader !== null && !isDead(leader);
  if (isLeaderAlive && leader.startTime !== leaderStartTime) return true;
  return !(isLeaderAlive && leader.pgid === pgid) && processes.liveGroupMembers(pgid).length === 0;
}

function stopFailed(pgid: number, members: ProcessInfo[]): LocalError {
  const names = members.map(({ pid, state, command }) => `${pid} (${command}, state ${state})`).join(", ");
  return new LocalError(
    "stop-failed",
    `Process group ${pgid} survived SIGKILL by ${KILL_DEADLINE_MS / 1000} s: ${names}`,
    {
      hint: "A process in state D waits for a disk or a network file system: look at that, or restart the machine",
      facts: { pgid, members: members.map(({ pid, state, command }) => ({ pid, state, command })) },
    },
  );
}
