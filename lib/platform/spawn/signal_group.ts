import process from "node:process";
import { LocalError, systemErrorCode } from "../../errors/local_error.ts";
import type { Processes, ProcessInfo } from "../processes/processes.ts";
import type { System } from "../system.ts";
import type { SentSignal } from "./signals.ts";

/** How long a member may live on after SIGKILL (in an uninterruptible system call), in ms. */
const KILL_DEADLINE_MS = 10_000;

/** The group is looked at this often while it ends, in ms: at first, and at last. */
const FIRST_POLL_MS = 5;
const LAST_POLL_MS = 25;

/**
 * Sends `signal` to every member of process group `pgid`. `gone` when nobody of it is left who could get it.
 * The caller has proved that the group is ours; see {@linkcode endGroup}.
 *
 * @param system Its processes tell a group of zombies, for which macOS answers EPERM (kill(2) there), from another user's.
 * @throws {RangeError} when `pgid` is not a group of somebody else: kill(2) takes -1 for every process, and 0 for us
 * @throws the system's error (`EPERM` for another user's group)
 */
export function signalGroup(
  pgid: number,
  signal: SentSignal,
  { processes, kill }: Pick<System, "processes" | "kill">,
): "sent" | "gone" {
  if (!Number.isSafeInteger(pgid) || pgid <= 1) {
    throw new RangeError(`Cannot signal process group '${pgid}': it must be an integer greater than 1`);
  }
  if (processes.inspect(process.pid)?.pgid === pgid) {
    throw new RangeError(`Cannot signal process group '${pgid}': it is our own`);
  }
  try {
    kill(-pgid, signal);
    return "sent";
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "ESRCH") return "gone";
    if (code === "EPERM" && processes.liveGroupMembers(pgid).length === 0) return "gone";
    throw error;
  }
}

/** Which group to end, and how. */
export interface EndGroupOptions {
  pgid: number;
  /** Between SIGTERM and SIGKILL; 0 sends SIGKILL at once. */
  graceMs: number;
  system: System;
  /** Ends the patience: SIGKILL follows at once. The group is ended all the same. */
  signal?: AbortSignal;
  /** Resolves when the leader has ended, if somebody will know: then it is looked at once. */
  leaderEnded?: Promise<unknown>;
  /**
   * Asked before each signal: whether the group is still the one that was proved to be ours. Once its last member is
   * gone, its number may be given to a stranger.
   */
  isStillOurs: () => boolean;
}

/** How a group ended. */
export interface GroupEnd {
  /** SIGKILL was sent. */
  forced: boolean;
  ms: number;
}

/**
 * Ends a process group, and resolves when no live member is left (zombies don't count: nothing runs in them), or the
 * group is not ours any more. SIGTERM, then SIGCONT, because a stopped process acts on SIGTERM only once it is
 * continued (signal(7)); after `graceMs` SIGKILL.
 *
 * @throws {LocalError} `stop-failed` when a member survives SIGKILL by 10 s
 * @throws the system's error when the group may not be signalled
 */
export async function endGroup(options: EndGroupOptions): Promise<GroupEnd> {
  const { pgid, graceMs, system, isStillOurs } = options;
  const { processes, nowMs } = system;
  const begin = nowMs();
  const isOver = () => isEmpty(pgid, processes) || !isStillOurs();
  const result = (forced: boolean): GroupEnd => ({ forced, ms: nowMs() - begin });

  if (isOver()) return result(false);
  if (graceMs > 0) {
    signalGroup(pgid, "SIGTERM", system);
    if (!isOver()) signalGroup(pgid, "SIGCONT", system);
    if (await pollUntil(isOver, graceMs, options)) return result(false);
  }
  signalGroup(pgid, "SIGKILL", system);
  if (await pollUntil(isOver, KILL_DEADLINE_MS, { system, leaderEnded: options.leaderEnded })) return result(true);
  throw stopFailed(pgid, processes.liveGroupMembers(pgid));
}

/** A look at the leader costs a fiftieth of one at all processes, and mostly suffices: it tends to go last. */
function isEmpty(pgid: number, processes: Processes): boolean {
  const leader = processes.inspect(pgid);
  const isLeaderAlive = leader !== null && leader.pgid === pgid && leader.state !== "Z" && leader.state !== "X";
  return !isLeaderAlive && processes.liveGroupMembers(pgid).length === 0;
}

/** Whether `isOver` within `timeoutMs`; false as soon as `signal` aborts, too. The last look is never older than the answer. */
async function pollUntil(
  isOver: () => boolean,
  timeoutMs: number,
  { system: { nowMs, delay }, signal, leaderEnded }: {
    system: System;
    signal?: AbortSignal | undefined;
    leaderEnded?: Promise<unknown> | undefined;
  },
): Promise<boolean> {
  const deadline = nowMs() + timeoutMs;
  let lookAtOnce = leaderEnded?.then(() => {
    lookAtOnce = undefined;
  });
  for (let waitMs = FIRST_POLL_MS;; waitMs = Math.min(waitMs * 1.5, LAST_POLL_MS)) {
    if (isOver()) return true;
    const leftMs = deadline - nowMs();
    if (leftMs <= 0 || signal?.aborted) return false;
    const paused = delay(Math.min(waitMs, leftMs), signal).catch((error: unknown) => {
      if (!signal?.aborted) throw error;
    });
    await (lookAtOnce === undefined ? paused : Promise.race([paused, lookAtOnce]));
  }
}

function stopFailed(pgid: number, members: ProcessInfo[]): LocalError {
  const names = members.map(({ pid, state, command }) => `${pid} (${command}, state ${state})`).join(", ");
  return new LocalError(
    "stop-failed",
    `Process group ${pgid} survived SIGKILL by ${KILL_DEADLINE_MS / 1000} s: ${names}`,
    {
      hint: "State D is a process that waits for a disk or a network file system: look at that, or restart the machine",
      facts: { pgid, members: members.map(({ pid, state, command }) => ({ pid, state, command })) },
    },
  );
}
