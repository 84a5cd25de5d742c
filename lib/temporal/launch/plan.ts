import { type AutoPort, autoPortsOf } from "../../config/auto_ports.ts";
import { type AskedSettings, completeSettings, type Settings } from "../../config/settings.ts";
import type { DatabaseLock } from "../../database/lock.ts";
import { makeDatabaseFolder, realDatabasePath } from "../../database/path.ts";
import type { LaunchPlan } from "../../instance/context.ts";
import type { InstancePaths } from "../../instance/paths.ts";
import { withPortsFile } from "../../instance/ports_file.ts";
import type { Processes } from "../../platform/processes/processes.ts";

/**
 * The plan of a launch that is asked for.
 *
 * @param base The settings that count where nothing was asked for.
 * @param auto Which of the base's ports may be any.
 */
export function planFor(
  paths: InstancePaths,
  asked: AskedSettings,
  binary: string,
  base?: Settings,
  auto: readonly AutoPort[] = [],
): LaunchPlan {
  const stays = asked.port === undefined ? auto.filter((name) => asked[name] === undefined) : [];
  return {
    binary,
    settings: completeSettings(withPortsFile(asked, paths), paths.defaultDatabase, base),
    auto: [...new Set([...autoPortsOf(asked), ...stays])],
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
  { paths, processes }: { paths: InstancePaths; processes: Processes },
): Promise<LaunchPlan> {
  const asked = plan.settings.dbFilename;
  if (asked === paths.defaultDatabase) makeDatabaseFolder(asked);
  const dbFilename = asked === null ? null : realDatabasePath(asked);
  await hold.moveTo(dbFilename, processes);
  return { ...plan, settings: { ...plan.settings, dbFilename } };
}
