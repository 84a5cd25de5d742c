import { flagNames, temporalArgs } from "../../config/dev_server_args.ts";
import { refuseNewerDatabase } from "../../database/downgrade_guard.ts";
import { refuseSecondUser, takeDatabaseLock } from "../../database/lock.ts";
import { checkDatabase, realDatabasePath } from "../../database/path.ts";
import { fromFailure, toFailure } from "../../errors/failure.ts";
import { LocalError } from "../../errors/local_error.ts";
import type { LaunchPlan } from "../../instance/context.ts";
import type { System } from "../../platform/system.ts";
import { refuseBadArguments } from "./check_arguments.ts";
import { refuseTakenPorts } from "./check_ports.ts";
import { refuseBadSettings } from "./check_settings.ts";

/**
 * Refuses a replacement that would fail only after the running Temporal was stopped for it: a port or database in use
 * by another process, a database that is unusable or too new for the binary, settings or arguments that Temporal
 * does not accept.
 *
 * @param running The plan of the running Temporal that will be replaced.
 * @throws {LocalError} `port-taken`, `database-busy`, `database-newer`, `launch-failed`; the message says that Temporal
 * keeps running
 */
export async function refuseReplacement(
  next: LaunchPlan,
  running: Omit<LaunchPlan, "auto">,
  system: System,
): Promise<void> {
  try {
    const any = next.auto.map((name) => next.settings[name]);
    await refuseTakenPorts(next.settings, system, running.settings, any);
    refuseBadSettings(next.settings);
    if (!isProven(next, running)) await refuseBadArguments(next.binary, temporalArgs(next.settings));
    const { dbFilename } = next.settings;
    if (dbFilename === null) return;
    const database = realDatabasePath(dbFilename);
    const isOther = database !== running.settings.dbFilename;
    if (isOther) {
      checkDatabase(database);
      (await takeDatabaseLock(database, system)).close();
      refuseSecondUser(database, system.processes);
    }
    if (isOther || next.binary !== running.binary) await refuseNewerDatabase(database, next.binary);
  } catch (error) {
    throw error instanceof LocalError ? notStopped(error) : error;
  }
}

/** `error`, for a replacement that was refused because of it. */
export function notStopped(error: LocalError): LocalError {
  return fromFailure({ ...toFailure(error), message: `${error.message}; the running Temporal was not stopped` });
}

/** Whether the running Temporal proves that the binary accepts all arguments of `next`. */
function isProven(next: LaunchPlan, running: Omit<LaunchPlan, "auto">): boolean {
  if (next.binary !== running.binary) return false;
  if (JSON.stringify(next.settings.extraArgs) !== JSON.stringify(running.settings.extraArgs)) return false;
  const known = flagNames(running.settings);
  return [...flagNames(next.settings)].every((name) => known.has(name) || EVERY_VERSION.has(name));
}

/** Flags that every Temporal has, with values that are checked when they are read. */
const EVERY_VERSION: ReadonlySet<string> = new Set([
  ...["db-filename", "headless", "log-level", "metrics-port", "namespace", "search-attribute", "sqlite-pragma"],
  ...["dynamic-config-value", "ui-asset-path", "ui-codec-endpoint", "ui-ip", "ui-port"],
]);
