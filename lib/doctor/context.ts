import type { FindOptions } from "../binary/find.ts";
import type { Settings } from "../config/settings.ts";
import { takeExclusiveAccess } from "../database/exclusive_access.ts";
import type { Failure } from "../errors/failure.ts";
import type { FoundTemporal, TemporalEvidence } from "../instance/find_temporal.ts";
import type { InstancePaths } from "../instance/paths.ts";
import type { Status } from "../instance/status/status.ts";
import type { Processes } from "../platform/processes/processes.ts";
import type { Host } from "../platform/runtime/host.ts";
import type { Diagnosis } from "./findings.ts";

/** An instance that is examined, and what was seen of it at first. */
export interface DoctorContext {
  host: Host;
  paths: InstancePaths;
  processes: Processes;
  /** There is a home. */
  hasHome: boolean;
  /** The home is not ours alone: nobody in it is asked anything, and no command works with it. */
  isRefused: boolean;
  /** Why `config.yaml` is not heeded; null when it is, or there is none. */
  configFailure: Failure | null;
  status: Status;
  evidence: TemporalEvidence;
  /** Those of the Temporal that runs, else those that a start would take. */
  settings: Settings;
  /** Where the binary of a launch is looked for. */
  binary: FindOptions;
  nowMs: number;
}

/** Looks at one part of a patient. Takes no lock, signals nobody, writes nothing within the home. */
export type RunCheck = (context: DoctorContext) => Diagnosis | Promise<Diagnosis>;

/** The process group that is Temporal's, and the one that is its supervisor's; null where there is none. */
export function groupsOf(
  { evidence, status, processes }: DoctorContext,
): { temporal: number | null; supervisor: number | null } {
  const supervisor = status.supervisor === null ? null : processes.inspect(status.supervisor.pid)?.pgid ?? null;
  return { temporal: evidence.temporal?.pgid ?? null, supervisor };
}

/**
 * Runs `action` while nobody supervises the instance, and nobody can start it.
 *
 * @param action Is told the Temporal that is alive all the same.
 * @throws {Error} when somebody supervises it
 */
export async function whileUnsupervised(
  { paths, processes }: DoctorContext,
  action: (temporal: FoundTemporal | null) => void,
): Promise<void> {
  const held = await takeExclusiveAccess(paths.home, null, processes);
  if (held === null) throw new Error("a supervisor came up meanwhile");
  try {
    action(held.temporal);
  } finally {
    held.close();
  }
}
