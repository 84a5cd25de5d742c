import { accessSync, constants, mkdirSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { RequestedSettings } from "../config/settings.ts";
import { LocalError, type LocalErrorOptions, messageOf, systemErrorCode } from "../errors/local_error.ts";
import { isMissing } from "../errors/system_error.ts";
import { shellWord } from "../text/shell_word.ts";

/** Files that SQLite keeps beside a database (sqlite.org/tempfiles.html). */
export const SIDE_FILES = ["-journal", "-wal", "-shm"] as const;

const MAX_LINKS = 40;

/**
 * The real path of the database at `path`, even if it does not exist yet.
 *
 * @throws {LocalError} if its folder does not exist, or symbolic links form a loop
 */
export function realDatabasePath(path: string): string {
  let current = resolve(path);
  for (let links = 0; links < MAX_LINKS; links++) {
    try {
      return realpathSync.native(current); // Node's own keeps the case that was typed, where the file system ignores it
    } catch (error) {
      if (systemErrorCode(error) !== "ENOENT") throw unusableDatabase(path, messageOf(error), { cause: error });
    }
    let folder: string;
    try {
      folder = realpathSync.native(dirname(current));
    } catch (error) {
      const missing = systemErrorCode(error) === "ENOENT";
      throw missing ? folderMissing(path, error) : unusableDatabase(path, messageOf(error), { cause: error });
    }
    current = join(folder, basename(current));
    try {
      current = resolve(folder, readlinkSync(current)); // a link to a file that does not exist yet
    } catch {
      return current;
    }
  }
  throw unusableDatabase(path, "too many levels of symbolic links");
}

/**
 * Creates the folder of the database at `path` (mode 0700) if missing, but not its parents.
 *
 * @throws {LocalError} if the path exists and is not a folder, or it can't be created
 */
export function makeDatabaseFolder(path: string): void {
  const folder = dirname(path);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (cause) {
    if (systemErrorCode(cause) !== "EEXIST") {
      throw unusableDatabase(path, `cannot create ${folder} (${reasonOf(cause)})`, { cause });
    }
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return;
    const hint = "Move it away, or choose another --db-filename";
    throw unusableDatabase(path, `${folder} is not a directory`, { cause, hint });
  }
}

/**
 * Checks that Temporal can use `path`, a real path, for its database, because Temporal's own errors are unclear.
 *
 * @throws {LocalError} if it is not a regular file, its folder is missing, or either is not writable
 */
export function checkDatabase(path: string): void {
  // Temporal passes `file:PATH?mode=rwc` to SQLite (buildDSN in its sqlite plugin) without escaping the path.
  if (/[?#]|%[0-9a-fA-F]{2}/.test(path)) {
    const hint = "Choose another --db-filename or --home";
    throw unusableDatabase(path, "SQLite cannot open a path that contains '?', '#' or a '%' escape", { hint });
  }
  const folder = dirname(path);
  try {
    if (!statSync(folder).isDirectory()) throw unusableDatabase(path, `${folder} is not a directory`);
    // SQLite creates its journal in the folder, which must be writable even if the database exists.
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    if (cause instanceof LocalError) throw cause;
    if (isMissing(cause)) throw folderMissing(path, cause);
    const hint = `Check the permissions of ${folder}`;
    throw unusableDatabase(path, `its directory is not writable (${reasonOf(cause)})`, { cause, hint });
  }
  try {
    const info = statSync(path);
    if (!info.isFile()) {
      const [kind, another] = info.isDirectory() ? ["a directory", "a"] : ["not a regular file", "another"];
      throw unusableDatabase(path, `it is ${kind}`, { hint: `Give ${another} file with --db-filename` });
    }
    accessSync(path, constants.R_OK | constants.W_OK);
  } catch (cause) {
    if (cause instanceof LocalError) throw cause;
    if (systemErrorCode(cause) === "ENOENT") return;
    const hint = `Check the permissions of ${path}`;
    throw unusableDatabase(path, `it is not readable and writable (${reasonOf(cause)})`, { cause, hint });
  }
}

function folderMissing(path: string, cause: unknown): LocalError {
  const folder = dirname(resolve(path));
  const hint = `Create it: \`mkdir -p ${shellWord(folder)}\``;
  return unusableDatabase(path, `directory ${folder} does not exist`, { cause, hint });
}

/** The error for an unusable database. */
export function unusableDatabase(
  path: string,
  reason: string,
  options: Pick<LocalErrorOptions, "cause" | "hint"> = {},
): LocalError {
  const message = `Cannot use ${path} as Temporal's database: ${reason}`;
  return new LocalError("launch-failed", message, { ...options, facts: { database: path } });
}

/** The code of the system's error, else its message. */
function reasonOf(error: unknown): string {
  return systemErrorCode(error) ?? messageOf(error);
}

/**
 * The requested settings with the real path of the database, by which a running Temporal is compared.
 *
 * @throws {LocalError} if the database's folder does not exist
 */
export function withRealDatabase(requested: RequestedSettings): RequestedSettings {
  if (typeof requested.dbFilename !== "string") return requested;
  return { ...requested, dbFilename: realDatabasePath(requested.dbFilename) };
}
