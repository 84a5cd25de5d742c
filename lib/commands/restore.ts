import { chmodSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { formatBytes } from "../core/byte_size.ts";
import { instancePaths } from "../core/instance_paths.ts";
import { LocalError, systemErrorCode } from "../core/local_error.ts";
import { describeOrigin, schemaOrigin } from "../core/temporal_schema.ts";
import { DEFAULT_TEMPORAL_VERSION } from "../core/versions.ts";
import { prepareHome } from "../system/home.ts";
import { makeFolder } from "../system/make_folder.ts";
import { processesHere } from "../system/processes_here.ts";
import { copyDatabase, copyName, type DatabaseFacts, removeCopy, settleCopy } from "../temporal/copy_database.ts";
import { checkDatabase, finishDatabase, realDatabasePath, setAsideDatabase } from "../temporal/database.ts";
import { requireTemporalDatabase } from "../temporal/require_temporal_database.ts";
import { fileOperand } from "./backup.ts";
import { checkHome, type Command, type CommandContext } from "./context.ts";
import { databaseOf, replaceData, tellRunning } from "./replace_data.ts";
import { currentStatus } from "./status.ts";

/** Puts a backup in the place of the data, which is set aside. The backup is checked before anything is touched. */
export const restore: Command = async (context) => {
  const file = fileOperand(context, "stigmer-local restore before-upgrade.db");
  checkHome(context);
  const before = await currentStatus(context);
  const database = databaseOf(context, before);
  if (database === null) {
    throw new LocalError("no-database", "This Temporal keeps its data in memory: there is no database to replace");
  }
  refuseUnfit(context, file, database);
  await prepareFolder(context, database);

  const copy = copyName(database);
  try {
    await copyDatabase(file, copy);
    const facts = await settleCopy(copy);
    requireTemporalDatabase(facts, file, "Nothing was changed; try another backup");
    chmodSync(copy, 0o600);
    const warnings = warningsOf(facts);
    for (const warning of warnings) await context.tell(`warning: ${warning}`);
    const replaced = await replaceData(context, before, database, () => {
      const setAsideTo = setAsideDatabase(database, new Date());
      renameSync(copy, database);
      finishDatabase(database);
      return setAsideTo;
    });
    const { result: setAsideTo, running } = replaced;
    const { sizeBytes, namespaces } = facts;
    await context.answer(
      { schema: 1, file, database, setAsideTo, sizeBytes, namespaces, warnings, running },
      () => {
        const kept = setAsideTo === null ? "" : `The data that was there is kept: ${setAsideTo}\n`;
        return `Restored ${file} (${formatBytes(sizeBytes)}, integrity checked)\n${kept}${tellRunning(replaced)}`;
      },
    );
    return 0;
  } catch (error) {
    throw explain(file, database, error);
  } finally {
    removeCopy(copy);
  }
};

/** @throws {LocalError} when `file` is missing, no file, the database itself, or being written to */
function refuseUnfit({ host }: CommandContext, file: string, database: string): void {
  let info;
  try {
    info = statSync(file, { throwIfNoEntry: false });
  } catch (error) {
    throw unfit(file, `it can't be looked at (${systemErrorCode(error)})`, "Check its path and permissions");
  }
  if (info === undefined) throw unfit(file, "it is not there", "Check the path");
  if (!info.isFile()) throw unfit(file, "it is no file", "Name the file that `backup` wrote");
  if (realDatabasePath(file) === database) throw unfit(file, "it is the database itself", "Name the file of a backup");
  const [user] = processesHere(host.platform).fileUsers(file);
  if (user === undefined) return;
  throw unfit(file, `pid ${user.pid} (${user.command}) has it open`, "End that first, or back it up with `backup`");
}

async function prepareFolder({ invocation: { home } }: CommandContext, database: string): Promise<void> {
  if (database === instancePaths(home).defaultDatabase) {
    prepareHome(home);
    await makeFolder(dirname(database));
  }
  checkDatabase(realDatabasePath(database));
}

function warningsOf({ tables }: DatabaseFacts): string[] {
  const origin = schemaOrigin(tables);
  return origin.kind === "same" ? [] : [`The backup was ${describeOrigin(origin, DEFAULT_TEMPORAL_VERSION)}`];
}

function unfit(file: string, reason: string, hint: string): LocalError {
  return new LocalError("database-unusable", `Cannot restore ${file}: ${reason}`, { hint, facts: { file } });
}

function explain(file: string, database: string, error: unknown): unknown {
  const code = systemErrorCode(error);
  if (error instanceof LocalError || code === undefined) return error;
  return new LocalError("database-unusable", `Cannot restore ${file} to ${database}: ${code}`, {
    facts: { file, database, systemError: code },
    cause: error,
  });
}
