import { systemErrorCode } from "../errors/local_error.ts";
import { examineBinary, examineNetwork } from "./check_binary.ts";
import { examineSettings } from "./check_config.ts";
import { examineData } from "./check_database.ts";
import { examineHome, examineLeftovers, examineSpace } from "./check_home.ts";
import {
  examineInstance,
  examineLocks,
  examineOrphans,
  examinePorts,
  examineRecord,
  examineSocket,
} from "./check_instance.ts";
import { examineLogs } from "./check_logs.ts";
import { examineClock, examinePlatform, examineRuntime, examineTools } from "./check_machine.ts";
import type { Examine, Patient } from "./context.ts";
import type { Diagnosis } from "./findings.ts";

/** Every check, in the order in which a person would ask. */
const EXAMINATIONS: Readonly<Record<string, Examine>> = {
  platform: examinePlatform,
  runtime: examineRuntime,
  tools: examineTools,
  clock: examineClock,
  binary: examineBinary,
  config: examineSettings,
  home: examineHome,
  space: examineSpace,
  instance: examineInstance,
  locks: examineLocks,
  record: examineRecord,
  control: examineSocket,
  ports: examinePorts,
  orphans: examineOrphans,
  database: examineData,
  log: examineLogs,
  leftovers: examineLeftovers,
};

/** Examines everything. A look that fails is a finding itself: a doctor is called when things are broken. */
export async function examineAll(patient: Patient, withNetwork: boolean): Promise<Diagnosis[]> {
  const examinations = { ...EXAMINATIONS, ...(withNetwork ? { network: examineNetwork } : {}) };
  const diagnoses: Diagnosis[] = [];
  for (const [name, examine] of Object.entries(examinations)) {
    try {
      diagnoses.push(await examine(patient));
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
export async function mendAll(
  before: readonly Diagnosis[],
  admit: () => Promise<Patient>,
  withNetwork: boolean,
): Promise<Diagnosis[]> {
  const outcomes = new Map<string, string | null>();
  for (const { name, mend } of before) {
    if (mend === undefined) continue;
    try {
      await mend();
      outcomes.set(name, null);
    } catch (error) {
      outcomes.set(name, error instanceof Error ? error.message : String(error));
    }
  }
  if (outcomes.size === 0) return [...before];
  const after = await examineAll(await admit(), withNetwork);
  return after.map((diagnosis) => withOutcome(diagnosis, before, outcomes.get(diagnosis.name)));
}

/** @param why Why it could not be mended; null = it was; undefined = nobody tried. */
function withOutcome(now: Diagnosis, before: readonly Diagnosis[], why: string | null | undefined): Diagnosis {
  if (why === undefined) return now;
  if (why !== null) return { ...now, detail: `${now.detail}; it could not be mended: ${why}` };
  const was = before.find(({ name }) => name === now.name)?.detail ?? "";
  return { ...now, detail: `${now.detail} (mended: ${was})`, fixed: true };
}
