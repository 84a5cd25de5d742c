import type { Settings } from "../config/settings.ts";
import type { Readiness } from "../instance/status/probe.ts";
import type { Processes } from "../platform/processes/processes.ts";
import type { TrackedProcess } from "../process/tracked_process.ts";

/** A Temporal that this supervisor launched or adopted. */
export interface TemporalProcess extends TrackedProcess {
  binary: string | null;
  settings: Settings;
  /** Null while it is unknown. */
  version: string | null;
  /** How it became ready under this supervisor; missing until then, and for one that was adopted. */
  readiness?: Readiness;
}

/** Looks at the executable again, since a shim (mise, asdf) is that of the first moments; whether it is another one. */
export function refreshExecutable(temporal: TemporalProcess, processes: Processes): boolean {
  const seen = processes.inspect(temporal.pid);
  if (seen === null || seen.executable === temporal.executable) return false;
  temporal.executable = seen.executable;
  return true;
}
