import type { FindOptions } from "../binary/find.ts";
import type { Settings } from "../config/settings.ts";
import { takeExclusiveAccess } from "../database/exclusive_access.ts";
import type { Failure } from "../errors/failure.ts";
import type { FoundProcess, ProcessEvidence } from "../instance/find_process.ts";
import { hiddenLocks } from "../instance/hidden_locks.ts";
import type { OwnerFault } from "../instance/owner.ts";
import type { InstancePaths } from "../instance/paths.ts";
import type { Status } from "../instance/status/status.ts";
import type { Processes } from "../platform/processes/processes.ts";
import type { Host } from "../platform/runtime/host.ts";
import type { Diagnosis } from "./findings.ts";

/** The instance to diagnose, and what was observed of it. */
export interface DoctorContext {
  host: Host;
  paths: InstancePaths;
  processes: Processes;
  /** The home exists. */
  hasHome: boolean;
  /** Why no command uses the home, nor doctor its supervisor. If it is another user's, its files cannot be checked. */
  homeFault: OwnerFault | null;
  /** The path of the project file that counts; null = none. */
  project: string | null;
  /** Why a file with settings is ignored; null if each is used or does not exist. */
  configFailure: Failure | null;
  status: Status;
  evidence: ProcessEvidence;
  /** The lock files of the instance and of its database. */
  lockPaths: readonly string[];
  /** Those of them that processes hold which cannot be seen from here. */
  hiddenLocks: readonly string[];
  /** The settings of the running Temporal, else those of the next start. */
  settings: Settings;
  /** How a launch finds its binary. */
  binary: FindOptions;
  nowMs: number;
}

/** Checks one aspect of the instance. Holds no lock, sends no signal, and does not write to the home. */
export type RunCheck = (context: DoctorContext) => Diagnosis | Promise<Diagnosis>;

/**
 * Runs `action` with exclusive access to an instance without a supervisor, so that no start can interfere.
 *
 * @param action Receives the running Temporal, if any.
 * @throws {Error} if a supervisor is running, or Temporal cannot be seen from here
 */
export async function whileUnsupervised(
  { paths, processes }: DoctorContext,
  action: (temporal: FoundProcess | null) => void,
): Promise<void> {
  const held = await takeExclusiveAccess(paths.home, null, processes);
  if (held === null) throw new Error("the instance has a supervisor");
  try {
    const [hidden] = await hiddenLocks([paths.processLock], processes);
    if (hidden !== undefined) throw new Error(`${hidden} is held by a process that cannot be seen from here`);
    action(held.temporal);
  } finally {
    held.close();
  }
}
