import type { Settings } from "../config/settings.ts";
import type { PidRecord } from "../instance/pid_record.ts";
import type { Readiness } from "../instance/status/probe.ts";
import { isStillThere, type Processes, type ProcessInfo } from "../platform/processes/processes.ts";
import type { System } from "../platform/system.ts";

/** How a process ended, as far as its parent was told; both null for one that is not our child. */
export interface ProcessEnd {
  code: number | null;
  signal: string | null;
}

/** A Temporal that this supervisor launched or adopted. Its process group bears its PID. */
export interface TemporalProcess {
  pid: number;
  /** As the kernel tells it; proves later that the PID is still the same process. */
  startTime: string;
  /** The executable that runs, which is not the path that was asked for when that is a shim. */
  executable: string | null;
  binary: string | null;
  settings: Settings;
  /** Unix ms. */
  startedAtMs: number;
  /** It was there before this supervisor. */
  adopted: boolean;
  /** Null until the binary told it. */
  version: string | null;
  /** Resolves when {@linkcode version} is known, or can't be; missing when nobody asked. */
  versionKnown?: Promise<void>;
  /** How it became ready under this supervisor; missing until then, and for one that was adopted. */
  readiness?: Readiness;
  /** Resolves when the leader of the group is dead; others of its group may live on. */
  ended: Promise<ProcessEnd>;
}

/** How often a Temporal that is not our child is looked at, in ms. */
const ADOPTED_POLL_MS = 200;
/** Each so many looks it is asked whether it is still the same process: on macOS that runs ps(1). */
const LOOKS_PER_IDENTITY = 25;

/**
 * Resolves once the process is dead. For a process that is not our child: nobody tells us of its end, so that it has
 * to be looked at.
 */
export async function watchEnd(
  process: Pick<ProcessInfo, "pid" | "startTime">,
  { processes, delay }: Pick<System, "processes" | "delay">,
): Promise<ProcessEnd> {
  for (let looks = 1;; looks++) {
    await delay(ADOPTED_POLL_MS);
    const mayBeAnother = looks % LOOKS_PER_IDENTITY === 0;
    if (!(mayBeAnother ? isStillThere(process, processes) : processes.isThere(process.pid))) break;
  }
  return { code: null, signal: null };
}

/** The record that describes `temporal`. */
export function recordOf(temporal: TemporalProcess, processes: Processes): PidRecord {
  return {
    pid: temporal.pid,
    startedAtS: Math.floor(temporal.startedAtMs / 1000),
    startTime: temporal.startTime,
    bootId: processes.bootId(),
    ...(temporal.executable === null ? {} : { executable: temporal.executable }),
    ...(temporal.binary === null ? {} : { binary: temporal.binary }),
    ...(temporal.version === null ? {} : { version: temporal.version }),
    settings: temporal.settings,
  };
}

/** Looks at the executable again, since a shim (mise, asdf) is that of the first moments; whether it is another one. */
export function refreshExecutable(temporal: TemporalProcess, processes: Processes): boolean {
  const seen = processes.inspect(temporal.pid);
  if (seen === null || seen.executable === temporal.executable) return false;
  temporal.executable = seen.executable;
  return true;
}
