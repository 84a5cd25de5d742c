import type { LaunchedProcess } from "../config/processes.ts";
import type { TrackedProcess } from "../process/tracked_process.ts";

/** A process beside Temporal that this supervisor launched or adopted. */
export interface StackProcess extends TrackedProcess {
  launched: LaunchedProcess;
}

/** Whether a process that runs as `a` says need not be replaced by one as `b` says. */
export function isSameLaunch(a: LaunchedProcess, b: LaunchedProcess): boolean {
  const launch = ({ settings: { command, directory }, environment }: LaunchedProcess) =>
    JSON.stringify([command, directory, Object.entries(environment).sort()]);
  return launch(a) === launch(b);
}
