import { lstatSync, realpathSync } from "node:fs";
import process from "node:process";
import { systemErrorCode } from "../../lib/errors/local_error.ts";
import { processesHere } from "../../lib/platform/processes/processes_here.ts";
import { temporalBinary } from "../e2e/support.ts";
import type { Blow } from "./schedule.ts";
import type { ChaosHome } from "./world.ts";

/** A process that may be hit: it holds a lock of one of our homes, which proves that it is ours. */
export interface Victim {
  pid: number;
  startTime: string;
}

/** The Temporal of a home, whoever supervises it. */
export function temporalsOf({ paths }: ChaosHome): Victim[] {
  const processes = processesHere();
  const executable = realpathSync(temporalBinary());
  return holdersOf(paths.temporalLock).filter(({ pid }) => processes.inspect(pid)?.executable === executable);
}

/** Who holds the supervisor's lock of a home: mostly a supervisor, for some ms a command that starts or stops. */
export function supervisorsOf({ paths }: ChaosHome): Victim[] {
  return holdersOf(paths.supervisorLock);
}

function holdersOf(lock: string): Victim[] {
  const processes = processesHere();
  return processes.lockHolders(lock)
    .map(({ pid }) => ({ pid, startTime: processes.inspect(pid)?.startTime ?? "" }))
    .filter(({ pid, startTime }) => pid !== process.pid && startTime !== "");
}

/** Stopped processes that are to go on. */
export interface Sleepers {
  /** Hits the process; one that is stopped goes on after its time. */
  hit(victim: Victim, blow: Blow): void;
  /** Lets all go on now. */
  wakeAll(): void;
}

export function createSleepers(): Sleepers {
  const timers = new Map<Victim, ReturnType<typeof setTimeout>>();
  const wake = (victim: Victim) => {
    clearTimeout(timers.get(victim));
    timers.delete(victim);
    signal(victim, "SIGCONT");
  };
  return {
    hit: (victim, blow) => {
      signal(victim, blow.signal);
      if (blow.signal === "SIGSTOP") timers.set(victim, setTimeout(() => wake(victim), blow.forMs));
    },
    wakeAll: () => {
      for (const victim of [...timers.keys()]) wake(victim);
    },
  };
}

/** Signals the process if it still is the one that was seen. */
export function signal({ pid, startTime }: Victim, name: NodeJS.Signals): void {
  if (processesHere().inspect(pid)?.startTime !== startTime) return;
  try {
    process.kill(pid, name);
  } catch (error) {
    if (systemErrorCode(error) !== "ESRCH") throw error;
  }
}

/** Whether anything is at `path`, a broken link too. */
export function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
