import { type AutoPort, autoPortsOf } from "../../config/auto_ports.ts";
import { completeSettings, type RequestedSettings, type Settings } from "../../config/settings.ts";
import type { DatabaseLock } from "../../database/lock.ts";
import { makeDatabaseFolder, realDatabasePath } from "../../database/path.ts";
import type { LaunchPlan } from "../../instance/context.ts";
import type { InstancePaths } from "../../instance/paths.ts";
import { withPortsFile } from "../../instance/ports_file.ts";
import type { System } from "../../platform/system.ts";

/**
 * The plan of a launch that is asked for.
 *
 * @param base The settings that count where nothing was asked for.
 * @param auto Which of the base's ports may be any.
 */
export function planFor(
  paths: InstancePaths,
  requested: RequestedSettings,
  binary: string,
  base?: Settings,
  auto: readonly AutoPort[] = [],
): LaunchPlan {
  const stays = requested.port === undefined ? auto.filter((name) => requested[name] === undefined) : [];
  return {
    binary,
    settings: completeSettings(withPortsFile(requested, paths), paths.defaultDatabase, base),
    auto: [...new Set([...autoPortsOf(requested), ...stays])],
  };
}

/**
 * The plan with its database by its real path, which `hold` has from here on.
 *
 * @throws {LocalError} `database-busy`, and when the database's folder is not there
 */
export async function preparePlan(
  plan: LaunchPlan,
  hold: DatabaseLock,
  instance: Pick<System, "processes" | "tryLock"> & { paths: InstancePaths },
): Promise<LaunchPlan> {
  const requested = plan.settings.dbFilename;
  if (requested === instance.paths.defaultDatabase) makeDatabaseFolder(requested);
  const dbFilename = requested === null ? null : realDatabasePath(requested);
  await hold.moveTo(dbFilename, instance);
  return { ...plan, settings: { ...plan.settings, dbFilename } };
}
