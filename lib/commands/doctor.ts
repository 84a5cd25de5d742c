import type { Command, CommandContext } from "../cli/context.ts";
import { findOptions } from "../binary/find.ts";
import { currentStatus } from "../client/current_status.ts";
import { databaseLockPath } from "../database/lock.ts";
import type { DoctorContext } from "../doctor/context.ts";
import { tellReport } from "../doctor/report.ts";
import { applyFixes, runChecks } from "../doctor/run.ts";
import { LocalError } from "../errors/local_error.ts";
import { findProcess, type ProcessEvidence } from "../instance/find_process.ts";
import { hiddenLocks } from "../instance/hidden_locks.ts";
import { ownerFault } from "../instance/owner.ts";
import { instancePaths } from "../instance/paths.ts";
import { resolveSettings } from "../instance/ports_file.ts";
import { offlineStatus } from "../instance/status/offline_status.ts";
import type { Status } from "../instance/status/status.ts";
import { processesHere } from "../platform/processes/processes_here.ts";
import { delay } from "../platform/runtime/delay.ts";

/** Attempts to observe a settled instance; one still changing after that is a finding itself. */
const MOST_LOOKS = 20;
const LOOK_AGAIN_MS = 100;

/** Diagnoses the instance and its environment. Exits with 1 if a check fails; a warning is not a failure. */
export const doctor: Command = async (context) => {
  const { commandOptions } = context.invocation;
  const withNetwork = commandOptions["network"] === true;
  const found = await runChecks(await observe(context), withNetwork);
  const diagnoses = commandOptions["fix"] === true
    ? await applyFixes(found, () => observe(context), withNetwork)
    : found;
  return await tellReport(context, diagnoses.map(({ fix: _fix, ...check }) => check));
};

/** Collects what every check starts from. */
async function observe(context: CommandContext): Promise<DoctorContext> {
  const { host, invocation: { home, project, requested, configFailure } } = context;
  const paths = instancePaths(home);
  const processes = processesHere(host.platform);
  const { evidence, status } = await consistentView(context, () => findProcess(paths, processes));
  const owner = host.folderOwner(home);
  const homeFault = owner === null ? null : ownerFault(home, owner, host.uid);
  const running = evidence.found === null ? null : evidence.record;
  const settings = running?.settings ?? resolveSettings(requested, paths);
  const { dbFilename } = settings;
  const lockPaths = [
    paths.supervisorLock,
    paths.processLock,
    ...dbFilename === null ? [] : [databaseLockPath(dbFilename)],
  ];
  return {
    host,
    paths,
    processes,
    hasHome: owner !== null,
    homeFault,
    project: project?.path ?? null,
    configFailure: configFailure ?? null,
    status,
    evidence,
    lockPaths,
    hiddenLocks: owner === null || homeFault?.isForeign === true ? [] : await hiddenLocks(lockPaths, processes),
    settings,
    binary: findOptions(context),
    nowMs: Date.now(),
  };
}

/** The evidence and the status of the same Temporal process: the instance may be starting or stopping. */
async function consistentView(
  context: CommandContext,
  find: () => ProcessEvidence,
): Promise<{ evidence: ProcessEvidence; status: Status }> {
  const pidOf = ({ found: temporal }: ProcessEvidence) => temporal?.leader?.pid;
  for (let tries = 1;; tries++) {
    const before = find();
    const status = await statusOf(context);
    const evidence = find();
    const isSettled = pidOf(before) === pidOf(evidence) && pidOf(evidence) === status.temporal?.pid;
    if (isSettled || tries === MOST_LOOKS) return { evidence, status };
    await delay(LOOK_AGAIN_MS);
  }
}

/** The status, also of a home that `status` refuses: there without asking the supervisor. */
async function statusOf(context: CommandContext): Promise<Status> {
  try {
    return await currentStatus(context);
  } catch (error) {
    if (!(error instanceof LocalError) || error.code !== "home-unusable") throw error;
    return await offlineStatus(context.host, context.invocation.home, context.invocation.requested);
  }
}
