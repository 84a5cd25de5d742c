import type { Settings } from "../config/settings.ts";
import type { Readiness } from "../instance/status/probe.ts";
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
