import type { AskedSettings } from "../core/settings.ts";
import { realDatabasePath } from "../temporal/database_path.ts";

/**
 * What was asked for, with the database by its real path: that is how a Temporal that runs is known, whatever link it
 * was asked for by.
 *
 * @throws {LocalError} when the database's folder is not there
 */
export function withRealDatabase(asked: AskedSettings): AskedSettings {
  if (typeof asked.dbFilename !== "string") return asked;
  return { ...asked, dbFilename: realDatabasePath(asked.dbFilename) };
}
