import { messageOf, systemErrorCode } from "../errors/local_error.ts";
import { checkBinary, checkNetwork } from "./check_binary.ts";
import { checkSettings } from "./check_config.ts";
import { checkData } from "./check_database.ts";
import { checkHome, checkLeftovers, checkSpace } from "./check_home.ts";
import { checkInstance, checkLocks, checkOrphans, checkPorts, checkRecord, checkSocket } from "./check_instance.ts";
import { checkLogs } from "./check_logs.ts";
import { checkClock, checkPlatform, checkRuntime, checkTools } from "./check_machine.ts";
import type { DoctorContext, RunCheck } from "./context.ts";
import type { Diagnosis } from "./findings.ts";

/** All checks, from the machine to the instance. */
const CHECKS: Readonly<Record<string, RunCheck>> = {
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

/** Checks that read no file of the home. */
const WITHOUT_HOME = ["platform", "runtime", "tools", "home", "network"];

/** Runs all checks; of a home that is no folder, or belongs to another user, only those that do not look into it. A check that throws counts as failed, since doctor has to work when things are broken. */
export async function runChecks(context: DoctorContext, withNetwork: boolean): Promise<Diagnosis[]> {
  const checks = { ...CHECKS, ...(withNetwork ? { network: checkNetwork } : {}) };
  const { host, paths, hasHome, homeFault } = context;
  const isClosed = homeFault?.isForeign === true || (!hasHome && host.exists(paths.home));
  const diagnoses: Diagnosis[] = [];
  for (const [name, check] of Object.entries(checks)) {
    if (isClosed && !WITHOUT_HOME.includes(name)) continue;
    try {
      diagnoses.push(await check(context));
    } catch (error) {
      if (systemErrorCode(error) === undefined && !(error instanceof Error && error.name === "LocalError")) throw error;
      diagnoses.push({ name, state: "fail", detail: `could not run this check: ${(error as Error).message}` });
    }
  }
  return diagnoses;
}

/**
 * Applies all safe fixes, then runs all checks again, so that the report shows the state afterwards.
 *
 * @param observe Observes the instance again.
 */
export async function applyFixes(
  before: readonly Diagnosis[],
  observe: () => Promise<DoctorContext>,
  withNetwork: boolean,
): Promise<Diagnosis[]> {
  const outcomes = new Map<string, string | null>();
  for (const { name, fix } of before) {
    if (fix === undefined) continue;
    try {
      await fix();
      outcomes.set(name, null);
    } catch (error) {
      outcomes.set(name, messageOf(error));
    }
  }
  if (outcomes.size === 0) return [...before];
  const after = await runChecks(await observe(), withNetwork);
  return after.map((diagnosis) => withOutcome(diagnosis, before, outcomes.get(diagnosis.name)));
}

/** @param why Why the fix failed; null = it succeeded; undefined = there was none. */
function withOutcome(now: Diagnosis, before: readonly Diagnosis[], why: string | null | undefined): Diagnosis {
  if (why === undefined) return now;
  if (why !== null) return { ...now, detail: `${now.detail}; could not fix it: ${why}` };
  const was = before.find(({ name }) => name === now.name)?.detail ?? "";
  return { ...now, detail: `${now.detail} (fixed: ${was})`, fixed: true };
}
