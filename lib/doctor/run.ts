import { systemErrorCode } from "../errors/local_error.ts";
import { checkBinary, checkNetwork } from "./check_binary.ts";
import { checkSettings } from "./check_config.ts";
import { checkData } from "./check_database.ts";
import { checkHome, checkLeftovers, checkSpace } from "./check_home.ts";
import { checkInstance, checkLocks, checkOrphans, checkPorts, checkRecord, checkSocket } from "./check_instance.ts";
import { checkLogs } from "./check_logs.ts";
import { checkClock, checkPlatform, checkRuntime, checkTools } from "./check_machine.ts";
import type { DoctorContext, RunCheck } from "./context.ts";
import type { Diagnosis } from "./findings.ts";

/** Every check, in the order in which a person would ask. */
const EXAMINATIONS: Readonly<Record<string, RunCheck>> = {
  platform: checkPlatform,
  runtime: checkRuntime,
  tools: checkTools,
  clock: checkClock,
  binary: checkBinary,
  config: checkSettings,
  home: checkHome,
  space: checkSpace,
  instance: checkInstance,
  locks: checkLocks,
  record: checkRecord,
  control: checkSocket,
  ports: checkPorts,
  orphans: checkOrphans,
  database: checkData,
  log: checkLogs,
  leftovers: checkLeftovers,
};

/** Examines everything. A look that fails is a finding itself: a doctor is called when things are broken. */
export async function runChecks(context: DoctorContext, withNetwork: boolean): Promise<Diagnosis[]> {
  const checks = { ...EXAMINATIONS, ...(withNetwork ? { network: checkNetwork } : {}) };
  const diagnoses: Diagnosis[] = [];
  for (const [name, examine] of Object.entries(checks)) {
    try {
      diagnoses.push(await examine(context));
    } catch (error) {
      if (systemErrorCode(error) === undefined && !(error instanceof Error && error.name === "LocalError")) throw error;
      diagnoses.push({ name, state: "fail", detail: `can't be looked at: ${(error as Error).message}` });
    }
  }
  return diagnoses;
}

/**
 * Mends what can be mended without harm, then examines everything again: what is told is what is so afterwards.
 *
 * @param admit Looks at the instance anew.
 */
export async function applyFixes(
  before: readonly Diagnosis[],
  admit: () => Promise<DoctorContext>,
  withNetwork: boolean,
): Promise<Diagnosis[]> {
  const outcomes = new Map<string, string | null>();
  for (const { name, fix } of before) {
    if (fix === undefined) continue;
    try {
      await fix();
      outcomes.set(name, null);
    } catch (error) {
      outcomes.set(name, error instanceof Error ? error.message : String(error));
    }
  }
  if (outcomes.size === 0) return [...before];
  const after = await runChecks(await admit(), withNetwork);
  return after.map((diagnosis) => withLastFailure(diagnosis, before, outcomes.get(diagnosis.name)));
}

/** @param why Why it could not be mended; null = it was; undefined = nobody tried. */
function withLastFailure(now: Diagnosis, before: readonly Diagnosis[], why: string | null | undefined): Diagnosis {
  if (why === undefined) return now;
  if (why !== null) return { ...now, detail: `${now.detail}; it could not be mended: ${why}` };
  const was = before.find(({ name }) => name === now.name)?.detail ?? "";
  return { ...now, detail: `${now.detail} (mended: ${was})`, fixed: true };
}
