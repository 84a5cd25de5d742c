import { type AutoPort, autoPortsOf } from "../../config/auto_ports.ts";
import type { RequestedSettings, Settings } from "../../config/settings.ts";
import type { DatabaseLock } from "../../database/lock.ts";
import { makeDatabaseFolder, realDatabasePath } from "../../database/path.ts";
import type { LaunchPlan } from "../../instance/context.ts";
import type { InstancePaths } from "../../instance/paths.ts";
import { resolveSettings } from "../../instance/ports_file.ts";
import type { System } from "../../platform/system.ts";

/**
 * The plan of a requested launch.
 *
 * @param base Settings for everything that was not requested.
 * @param auto The ports of `base` that are `auto`.
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
    settings: resolveSettings(requested, paths, base),
    auto: [...new Set([...autoPortsOf(requested), ...stays])],
  };
}

/**
 * The plan with the real path of its database, whose lock `lock` then holds.
 *
 * @throws {LocalError} `database-busy`; also if the database's folder does not exist
 */
export async function preparePlan(
  plan: LaunchPlan,
  lock: DatabaseLock,
  instance: Pick<System, "processes" | "tryLock"> & { paths: InstancePaths },
): Promise<LaunchPlan> {
  const requested = plan.settings.dbFilename;
  if (requested === instance.paths.defaultDatabase) makeDatabaseFolder(requested);
  const dbFilename = requested === null ? null : realDatabasePath(requested);
  await lock.moveTo(dbFilename, instance);
  return { ...plan, settings: { ...plan.settings, dbFilename } };
}
