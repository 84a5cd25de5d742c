import { chmodSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { checkHome, type Command, type CommandContext, tellWarnings } from "../cli/context.ts";
import { withInterrupt } from "../cli/interrupt.ts";
import { currentStatus } from "../client/current_status.ts";
import { databaseOf, replaceData, tellRunning } from "../client/data/replace_data.ts";
import { copyDatabase, copyName, type DatabaseFacts, removeCopy, settleCopy } from "../database/copy_files.ts";
import { replaceDatabase } from "../database/files.ts";
import { checkDatabase, realDatabasePath } from "../database/path.ts";
import { describeOrigin, schemaOrigin } from "../database/schema.ts";
import { requireTemporalDatabase } from "../database/validate.ts";
import { LocalError, systemErrorCode } from "../errors/local_error.ts";
import { prepareHome } from "../instance/home.ts";
import { instancePaths } from "../instance/paths.ts";
import { makeFolder } from "../platform/files/make_folder.ts";
import { processesHere } from "../platform/processes/processes_here.ts";
import { formatBytes } from "../text/byte_size.ts";
import { fileOperand } from "./backup.ts";

/** Replaces the data with a backup, and sets the old data aside. Verifies the backup before it changes anything. */
export const restore: Command = async (context) => {
  const file = fileOperand(context, "stigmer-local restore before-upgrade.db");
  checkHome(context);
  const before = await currentStatus(context);
  const database = databaseOf(context, before);
  if (database === null) {
    throw new LocalError("no-database", "No database to replace: this Temporal keeps its data in memory");
  }
  refuseUnfit(context, file, database);
  await prepareFolder(context, database);

  const copy = copyName(database);
  const kept = (setAsideTo: string | null, end: string) =>
    setAsideTo === null ? "" : `Kept the old data: ${setAsideTo}${end}`;
  const replace = async (signal: AbortSignal) => {
    await copyDatabase(file, copy, signal);
    const facts = await settleCopy(copy);
    requireTemporalDatabase(facts, file, "Nothing was changed; try another backup");
    chmodSync(copy, 0o600);
    const warnings = warningsOf(facts);
    await tellWarnings(context, { warnings });
    const replaced = await replaceData(context, before, database, {
      signal,
      act: () => ({ setAsideTo: replaceDatabase(database, copy, new Date()) }),
      describe: ({ setAsideTo }) => `Restored ${file}. ${kept(setAsideTo, ". ")}`,
    });
    return { replaced, facts, warnings };
  };
  try {
    const { replaced, facts: { sizeBytes, namespaces }, warnings } = await withInterrupt(
      context.host,
      "the data is unchanged",
      replace,
    );
    const { result: { setAsideTo }, running } = replaced;
    await context.answer(
      { schema: 1, file, database, setAsideTo, sizeBytes, namespaces, warnings, running },
      () => {
        const size = formatBytes(sizeBytes);
        return `Restored ${file} (${size}, integrity checked)\n${kept(setAsideTo, "\n")}${tellRunning(replaced)}`;
      },
    );
    return 0;
  } catch (error) {
    throw explain(file, database, error);
  } finally {
    removeCopy(copy);
  }
};

/** @throws {LocalError} if `file` is missing, not a regular file, the database itself, or open in another process */
function refuseUnfit({ host }: CommandContext, file: string, database: string): void {
  let info;
  try {
    info = statSync(file, { throwIfNoEntry: false });
  } catch (error) {
    throw unfit(file, `cannot access it (${systemErrorCode(error)})`, "Check its path and permissions");
  }
  if (info === undefined) throw unfit(file, "no such file", "Check the path");
  if (!info.isFile()) throw unfit(file, "not a regular file", "Use the file that `backup` wrote");
  if (realDatabasePath(file) === database) throw unfit(file, "it is the database itself", "Use the file of a backup");
  const [user] = processesHere(host.platform).fileUsers(file);
  if (user === undefined) return;
  throw unfit(
    file,
    `pid ${user.pid} (${user.command}) has it open`,
    "Stop that process first, or create a backup with `backup`",
  );
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
  return origin.kind === "known" ? [] : [`The backup was ${describeOrigin(origin)}`];
}

function unfit(file: string, reason: string, hint: string): LocalError {
  return new LocalError("database-unusable", `Cannot restore ${file}: ${reason}`, { hint, facts: { file } });
}

function explain(file: string, database: string, error: unknown): unknown {
  const code = systemErrorCode(error);
  if (error instanceof LocalError || code === undefined) return error;
  return new LocalError("database-unusable", `Cannot restore ${file} to ${database}: ${code}`, {
    hint: "Nothing was changed",
    facts: { file, database, systemError: code },
    cause: error,
  });
}
