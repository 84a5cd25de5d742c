import type { Policy } from "../config/policy.ts";
import type { Settings } from "../config/settings.ts";
import type { PidRecord } from "../instance/pid_file_format.ts";
import type { Readiness } from "../instance/status/probe.ts";
import type { Processes } from "../platform/processes/processes.ts";
import { recordOfProcess, type TrackedProcess } from "../process/tracked_process.ts";

/** A Temporal that this supervisor launched or adopted. */
export interface TemporalProcess extends TrackedProcess {
  binary: string | null;
  settings: Settings;
  /** Null while it is unknown. */
  version: string | null;
  /** How it became ready under this supervisor; missing until then, and for one that was adopted. */
  readiness?: Readiness;
}

/** The record that describes `temporal`. */
export function recordOf(temporal: TemporalProcess, policy: Policy, processes: Processes): PidRecord {
  return {
    ...recordOfProcess(temporal, processes),
    ...(temporal.binary === null ? {} : { binary: temporal.binary }),
    ...(temporal.version === null ? {} : { version: temporal.version }),
    settings: temporal.settings,
    policy,
  };
}

/** Looks at the executable again, since a shim (mise, asdf) is that of the first moments; whether it is another one. */
export function refreshExecutable(temporal: TemporalProcess, processes: Processes): boolean {
  const seen = processes.inspect(temporal.pid);
  if (seen === null || seen.executable === temporal.executable) return false;
  temporal.executable = seen.executable;
  return true;
}
