import { lstatSync, realpathSync } from "node:fs";
import process from "node:process";
import { systemErrorCode } from "../../lib/errors/local_error.ts";
import { processesHere } from "../../lib/platform/processes/processes_here.ts";
import { temporalBinary } from "../e2e/support.ts";
import type { Blow } from "./schedule.ts";
import type { ChaosHome } from "./world.ts";

/** A process that may be signalled: holding a lock of one of the homes proves that it belongs to this run. */
export interface Victim {
  pid: number;
  startTime: string;
}

/** The Temporal of a home, with or without a supervisor. */
export function temporalsOf({ paths }: ChaosHome): Victim[] {
  const processes = processesHere();
  const executable = realpathSync(temporalBinary());
  return holdersOf(paths.processLock).filter(({ pid }) => processes.inspect(pid)?.executable === executable);
}

/** The holders of a home's supervisor lock: mostly a supervisor, for some ms a starting or stopping command. */
export function supervisorsOf({ paths }: ChaosHome): Victim[] {
  return holdersOf(paths.supervisorLock);
}

function holdersOf(lock: string): Victim[] {
  const processes = processesHere();
  return processes.lockHolders(lock)
    .map(({ pid }) => ({ pid, startTime: processes.inspect(pid)?.startTime ?? "" }))
    .filter(({ pid, startTime }) => pid !== process.pid && startTime !== "");
}

/** Stopped processes that are continued later. */
export interface Sleepers {
  /** Signals the process; a stopped one is continued after its time. */
  hit(victim: Victim, blow: Blow): void;
  /** Continues all of them now. */
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

/** Signals the process if its PID was not reused. */
export function signal({ pid, startTime }: Victim, name: NodeJS.Signals): void {
  if (processesHere().inspect(pid)?.startTime !== startTime) return;
  try {
    process.kill(pid, name);
  } catch (error) {
    if (systemErrorCode(error) !== "ESRCH") throw error;
  }
}

/** Whether `path` exists, as a broken link too. */
export function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
