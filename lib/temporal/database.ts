import { accessSync, closeSync, constants, existsSync, fsyncSync, lstatSync, openSync } from "node:fs";
import { readlinkSync, realpathSync, renameSync, statSync, unlinkSync, writeSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { LocalError, systemErrorCode } from "../core/local_error.ts";

/** What a SQLite database may have beside it (sqlite.org/tempfiles.html). */
const SIDE_FILES = ["-journal", "-wal", "-shm"] as const;
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
      if (systemErrorCode(error) !== "ENOENT") throw unusable(path, reasonOf(error), error);
    }
    let folder: string;
    try {
      folder = realpathSync(dirname(current));
    } catch (error) {
      const missing = systemErrorCode(error) === "ENOENT";
      throw missing ? folderMissing(path, error) : unusable(path, reasonOf(error), error);
    }
    current = join(folder, basename(current));
    try {
      current = resolve(folder, readlinkSync(current)); // a link to what does not exist yet
    } catch {
      return current;
    }
  }
  throw unusable(path, "its symbolic links lead in a circle");
}

/**
 * Checks that Temporal can use `path`, a real path, for its database, before it says so in words of its own.
 *
 * @throws {LocalError} when it is no regular file, its folder is missing, or either can't be written
 */
export function checkDatabase(path: string): void {
  // Temporal hands SQLite `file:PATH?mode=rwc` (buildDSN in its sqlite plugin) without escaping what means something there.
  if (/[?#]|%[0-9a-fA-F]{2}/.test(path)) {
    throw unusable(
      path,
      "SQLite can't open a path with '?', '#' or a '%' code in it",
      undefined,
      "choose another --db-filename or --home",
    );
  }
  const folder = dirname(path);
  try {
    if (!statSync(folder).isDirectory()) throw unusable(path, `${folder} is not a folder`);
    // SQLite makes its journal in the folder, so that one must be writable even where the database exists.
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    if (error instanceof LocalError) throw error;
    const code = systemErrorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") throw folderMissing(path, error);
    throw unusable(
      path,
      `its folder can't be written to (${code ?? reasonOf(error)})`,
      error,
      `check the permissions of ${folder}`,
    );
  }
  try {
    const info = statSync(path);
    if (info.isDirectory()) throw unusable(path, "it is a folder", undefined, "name a file with --db-filename");
    if (!info.isFile()) {
      throw unusable(path, "it is not a regular file", undefined, "name another file with --db-filename");
    }
    accessSync(path, constants.R_OK | constants.W_OK);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "ENOENT") return;
    if (error instanceof LocalError) throw error;
    throw unusable(
      path,
      `it can't be read and written (${code ?? reasonOf(error)})`,
      error,
      `check the permissions of ${path}`,
    );
  }
}

/** What {@linkcode prepareDatabase} found and did. */
export interface PreparedDatabase {
  /** Temporal will make this database, or was making it when it was last launched and never got to serve. */
  isBeingMade: boolean;
  /** Where files that were in the way are now; null when there were none. */
  setAsideTo: string | null;
}

/**
 * To be called before each launch, while nobody has the database open. A database that Temporal will have to make is
 * marked "being made" until {@linkcode finishDatabase}: Temporal sets up the schema only where no file is, so a kill
 * in that moment ruins the file for good (NOTES, rule 9). An empty file is such a ruin: it holds no data and is set aside.
 *
 * @throws {LocalError} as {@linkcode checkDatabase} does, and when the marker can't be written
 */
export function prepareDatabase(path: string, now: Date): PreparedDatabase {
  checkDatabase(path);
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size !== undefined && size > 0) return { isBeingMade: isBeingMade(path), setAsideTo: null };
  const setAsideTo = setAsideDatabase(path, now);
  markBeingMade(path);
  return { isBeingMade: true, setAsideTo };
}

/** The marker that says that the database at `path` was never seen to serve. */
export function markerPath(path: string): string {
  return `${path}.being-made`;
}

/** Whether the database at `path` is marked as being made. A missing table in it then means that it holds no data. */
export function isBeingMade(path: string): boolean {
  return existsSync(markerPath(path));
}

/** To be called when Temporal serves: the database is whole, the marker goes. */
export function finishDatabase(path: string): void {
  try {
    unlinkSync(markerPath(path));
  } catch (error) {
    if (systemErrorCode(error) !== "ENOENT") throw error;
  }
}

function markBeingMade(path: string): void {
  try {
    const fd = openSync(markerPath(path), "w");
    try {
      writeSync(
        fd,
        "Temporal is making this database, or was killed while it did. stigmer-local removes this file once it serves.\n",
      );
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    syncFolder(dirname(path)); // the marker must outlive a power cut that the database outlives
  } catch (error) {
    throw unusable(path, `nothing can be written beside it (${systemErrorCode(error) ?? reasonOf(error)})`, error);
  }
}

/**
 * Renames the database at `path` and what SQLite has beside it to `PATH.set-aside-TIME`, deleting and overwriting
 * nothing, and gives that path; null when there is nothing. The database goes first: a kill in between then leaves
 * side files without a database, which the next call takes, and never a database without its journal.
 */
export function setAsideDatabase(path: string, now: Date): string | null {
  const present = ["", ...SIDE_FILES].filter((suffix) => isThere(path + suffix));
  if (present.length === 0) return null;
  const stamp = now.toISOString().replace(/[-:]/g, "");
  let target = `${path}.set-aside-${stamp}`;
  for (let n = 2; ["", ...SIDE_FILES].some((suffix) => isThere(target + suffix)); n++) {
    target = `${path}.set-aside-${stamp}-${n}`;
  }
  for (const suffix of present) renameSync(path + suffix, target + suffix);
  syncFolder(dirname(path));
  return target;
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function folderMissing(path: string, cause: unknown): LocalError {
  const folder = dirname(resolve(path));
  return unusable(path, `folder ${folder} does not exist`, cause, `mkdir -p '${folder}'`);
}

function unusable(path: string, reason: string, cause?: unknown, hint?: string): LocalError {
  return new LocalError("launch-failed", `Cannot use ${path} as Temporal's database: ${reason}`, {
    facts: { database: path },
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
