import { accessSync, constants, mkdirSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { RequestedSettings } from "../config/settings.ts";
import { LocalError, systemErrorCode } from "../errors/local_error.ts";
import { shellWord } from "../text/shell_word.ts";

const MAX_LINKS = 40;

/**
 * The one path that all names of the database at `path` lead to, also when it does not exist yet.
 *
 * @throws {LocalError} when its folder is not there, or links go round in circles
 */
export function realDatabasePath(path: string): string {
  let current = resolve(path);
  for (let links = 0; links < MAX_LINKS; links++) {
    try {
      return realpathSync(current);
    } catch (error) {
      if (systemErrorCode(error) !== "ENOENT") throw unusableDatabase(path, reasonOf(error), error);
    }
    let folder: string;
    try {
      folder = realpathSync(dirname(current));
    } catch (error) {
      const missing = systemErrorCode(error) === "ENOENT";
      throw missing ? folderMissing(path, error) : unusableDatabase(path, reasonOf(error), error);
    }
    current = join(folder, basename(current));
    try {
      current = resolve(folder, readlinkSync(current)); // a link to what does not exist yet
    } catch {
      return current;
    }
  }
  throw unusableDatabase(path, "its symbolic links lead in a circle");
}

/**
 * Makes the folder of the database at `path` (mode 0700), unless it is there; not what is missing above it.
 *
 * @throws {LocalError} when something else stands there, or it can't be made
 */
export function makeDatabaseFolder(path: string): void {
  const folder = dirname(path);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    const code = systemErrorCode(error);
    if (code !== "EEXIST") throw unusableDatabase(path, `${folder} can't be made (${code ?? reasonOf(error)})`, error);
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return;
    throw unusableDatabase(path, `${folder} is no folder`, error, "move it away, or choose another --db-filename");
  }
}

/**
 * Checks that Temporal can use `path`, a real path, for its database, before it says so in words of its own.
 *
 * @throws {LocalError} when it is no regular file, its folder is missing, or either can't be written
 */
export function checkDatabase(path: string): void {
  // Temporal hands SQLite `file:PATH?mode=rwc` (buildDSN in its sqlite plugin) without escaping what means something there.
  if (/[?#]|%[0-9a-fA-F]{2}/.test(path)) {
    throw unusableDatabase(
      path,
      "SQLite can't open a path with '?', '#' or a '%' code in it",
      undefined,
      "choose another --db-filename or --home",
    );
  }
  const folder = dirname(path);
  try {
    if (!statSync(folder).isDirectory()) throw unusableDatabase(path, `${folder} is not a folder`);
    // SQLite makes its journal in the folder, so that one must be writable even where the database exists.
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    if (error instanceof LocalError) throw error;
    const code = systemErrorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") throw folderMissing(path, error);
    throw unusableDatabase(
      path,
      `its folder can't be written to (${code ?? reasonOf(error)})`,
      error,
      `check the permissions of ${folder}`,
    );
  }
  try {
    const info = statSync(path);
    if (info.isDirectory()) throw unusableDatabase(path, "it is a folder", undefined, "name a file with --db-filename");
    if (!info.isFile()) {
      throw unusableDatabase(path, "it is not a regular file", undefined, "name another file with --db-filename");
    }
    accessSync(path, constants.R_OK | constants.W_OK);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "ENOENT") return;
    if (error instanceof LocalError) throw error;
    throw unusableDatabase(
      path,
      `it can't be read and written (${code ?? reasonOf(error)})`,
      error,
      `check the permissions of ${path}`,
    );
  }
}

function folderMissing(path: string, cause: unknown): LocalError {
  const folder = dirname(resolve(path));
  return unusableDatabase(path, `folder ${folder} does not exist`, cause, `mkdir -p ${shellWord(folder)}`);
}

/** The error of a database that can't be used. */
export function unusableDatabase(path: string, reason: string, cause?: unknown, hint?: string): LocalError {
  return new LocalError("launch-failed", `Cannot use ${path} as Temporal's database: ${reason}`, {
    facts: { database: path },
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * What was asked for, with the database by its real path: that is how a Temporal that runs is known, whatever link it
 * was asked for by.
 *
 * @throws {LocalError} when the database's folder is not there
 */
export function withRealDatabase(requested: RequestedSettings): RequestedSettings {
  if (typeof requested.dbFilename !== "string") return requested;
  return { ...requested, dbFilename: realDatabasePath(requested.dbFilename) };
}
