import { checkHome, type Command, type CommandContext } from "../cli/context.ts";
import { withInterrupt } from "../cli/interrupt.ts";
import { currentStatus } from "../client/current_status.ts";
import { databaseOf } from "../client/data/replace_data.ts";
import { obtainSnapshot } from "../client/data/request_snapshot.ts";
import { removeCopy, settleCopy } from "../database/copy_files.ts";
import { realDatabasePath } from "../database/path.ts";
import { requireTemporalDatabase } from "../database/validate.ts";
import { LocalError, systemErrorCode } from "../errors/local_error.ts";
import { writeFault } from "../errors/system_error.ts";
import { absolutePath } from "../instance/paths.ts";
import { fileExists, moveFile } from "../platform/files/move_file.ts";
import { formatBytes } from "../text/byte_size.ts";

/** Writes a consistent and verified copy of the database to a file, whether Temporal runs or not. */
export const backup: Command = async (context) => {
  const { host, invocation: { home, commandOptions } } = context;
  const file = fileOperand(context, "stigmer-local backup before-upgrade.db");
  const overwrite = commandOptions["force"] === true;
  checkHome(context);
  const database = databaseOf(context, await currentStatus(context));
  if (database === null) {
    throw new LocalError("no-database", "Nothing to back up: this Temporal keeps its data in memory");
  }
  if (!overwrite && host.exists(file)) throw fileExists(file);
  refuseOwnFiles(file, database);

  const { sizeBytes, namespaces } = await withInterrupt(host, "no backup was written", async (signal) => {
    let copy: string | null = null;
    try {
      copy = (await obtainSnapshot(host, home, database, signal)).path;
      signal.throwIfAborted();
      const facts = await settleCopy(copy);
      requireTemporalDatabase(facts, database, "No backup was written; an older backup may be intact");
      signal.throwIfAborted();
      moveFile(copy, file, overwrite);
      return facts;
    } catch (error) {
      throw explain(file, error);
    } finally {
      if (copy !== null) removeCopy(copy);
    }
  });
  await context.answer(
    { schema: 1, file, database, sizeBytes, namespaces, integrity: "ok" },
    () => `Backed up to ${file} (${formatBytes(sizeBytes)}, integrity checked)\n`,
  );
  return 0;
};

/** The FILE operand as an absolute path. @throws {LocalError} `usage` */
export function fileOperand({ host, invocation: { command, operands } }: CommandContext, example: string): string {
  const [file = ""] = operands;
  if (file === "") {
    throw new LocalError("usage", `\`${command.name}\` requires a FILE`, { hint: example });
  }
  return absolutePath(file, host.cwd());
}

function refuseOwnFiles(file: string, database: string): void {
  const suffixes = ["", "-journal", "-wal", "-shm", ".lock", ".being-made", ".server"];
  const real = realPathOf(file);
  if (!suffixes.some((suffix) => real === database + suffix)) return;
  throw new LocalError("usage", `${file} is part of the database itself`, { hint: "Choose another name" });
}

/** The real path of `file`; `file` itself if its folder does not exist, which is told when it is written. */
function realPathOf(file: string): string {
  try {
    return realDatabasePath(file);
  } catch (error) {
    if (error instanceof LocalError) return file;
    throw error;
  }
}

const HINTS: Readonly<Record<string, string>> = {
  ENOENT: "Create the directory first, with mkdir -p",
  EACCES: "Choose a directory that you can write to",
  EPERM: "Choose a directory that you can write to",
  EROFS: "Choose another directory",
  ENOSPC: "Free some space or choose another disk",
  EISDIR: "Choose a file name in it",
};

function explain(file: string, error: unknown): unknown {
  const code = systemErrorCode(error);
  if (error instanceof LocalError || code === undefined) return error;
  return new LocalError("backup-failed", `Cannot write ${file}: ${writeFault(code)}`, {
    hint: HINTS[code] ?? "Choose another path",
    facts: { file, systemError: code },
    cause: error,
  });
}
