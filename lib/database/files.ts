import { existsSync, lstatSync, renameSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { LocalError, systemErrorCode } from "../errors/local_error.ts";
import { orNull } from "../errors/system_error.ts";
import { removeIfPresent } from "../platform/files/remove_if_present.ts";
import { syncPath } from "../platform/files/sync_path.ts";
import { checkDatabase, SIDE_FILES, unusableDatabase } from "./path.ts";

/**
 * Called before each launch, while no process has the database open. Marks a database that Temporal has to create as
 * "being made" until {@linkcode finishDatabase}, and sets a marked one aside if it is incomplete.
 *
 * Temporal creates the schema only if there is no file, table by table, so a kill during that leaves the file
 * incomplete for good. Worse, after a late kill Temporal starts and serves, but without the tables of its visibility
 * store. A row in `namespaces` proves that the schema is complete: Temporal writes the first one right after the last
 * statement of the schema (buildSQLConfig in its devserver/server.go). Without one it never served, so the file
 * contains no client's data. With one, a marker was left by a supervisor that was killed before it removed it.
 *
 * An incomplete database without the mark is left to Temporal, which refuses it and changes nothing in it.
 *
 * @returns where an incomplete database was moved; null if there was none
 * @throws {LocalError} as {@linkcode checkDatabase} does; if a marked database can't be copied; if the marker can't be
 * written; `sqlite-missing`
 */
export async function prepareDatabase(path: string, now: Date): Promise<string | null> {
  checkDatabase(path);
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > 0 && !(isBeingMade(path) && await isIncomplete(path))) return null;
  const setAsideTo = setAsideDatabase(path, now);
  markBeingMade(path);
  return setAsideTo;
}

/** Reads a copy, because SQLite rolls back the journal of a database that it opens. */
async function isIncomplete(path: string): Promise<boolean> {
  const { copyDatabase, copyName, removeCopy, settleCopy } = await import("./copy_files.ts");
  const copy = copyName(path);
  try {
    await copyDatabase(path, copy);
    const { problems, namespaces } = await settleCopy(copy);
    return problems.length === 0 && namespaces.length === 0; // Temporal reports damage
  } catch (error) {
    if (error instanceof LocalError || systemErrorCode(error) === undefined) throw error;
    throw notWritable(path, error);
  } finally {
    removeCopy(copy);
  }
}

/** Path of the marker: Temporal has never been ready with the database at `path`. */
export function markerPath(path: string): string {
  return `${path}.being-made`;
}

/** Whether the database at `path` is marked as being made. */
export function isBeingMade(path: string): boolean {
  return existsSync(markerPath(path));
}

/** Called when Temporal is ready: removes the marker, because the database is complete. */
export function finishDatabase(path: string): void {
  removeIfPresent(markerPath(path));
}

function markBeingMade(path: string): void {
  const marker = markerPath(path);
  try {
    removeIfPresent(marker); // it may be a link, whose target is another's
    // Made in place: that it is there says all, and a kill leaves no temporary file beside the database.
    writeFileSync(
      marker,
      "Temporal is creating this database, or was killed while it did. stigmer-local removes this file once Temporal is ready.\n",
      { flag: "wx", mode: 0o600 },
    );
    syncPath(dirname(path)); // the marker must survive a power cut that the database survives
  } catch (error) {
    throw notWritable(path, error);
  }
}

function notWritable(path: string, error: unknown): LocalError {
  const code = systemErrorCode(error);
  const hint = code === "ENOSPC" ? "Free some space, or choose another --db-filename" : undefined;
  return unusableDatabase(path, `cannot create a file beside it (${code ?? String(error)})`, { cause: error, hint });
}

/**
 * Renames the database at `path` and its side files to `PATH.set-aside-TIME`, deleting and overwriting nothing. Returns
 * that path; null if there is no database. The database is renamed first: a kill in between leaves side files without a
 * database, which the next call renames, and never a database without its journal.
 */
export function setAsideDatabase(path: string, now: Date): string | null {
  const present = suffixesAt(path);
  if (present.length === 0) return null;
  const stamp = now.toISOString().replace(/[-:]/g, "");
  let target = `${path}.set-aside-${stamp}`;
  for (let n = 2; suffixesAt(target).length > 0; n++) target = `${path}.set-aside-${stamp}-${n}`;
  renameAll(path, target, present);
  orNull(() => syncPath(dirname(path))); // only an immediate power cut could undo it; not every file system can
  return target;
}

/** Renames all files or none. */
function renameAll(from: string, to: string, suffixes: readonly string[]): void {
  const renamed: string[] = [];
  try {
    for (const suffix of suffixes) {
      renameSync(from + suffix, to + suffix);
      renamed.push(suffix);
    }
  } catch (error) {
    if (renamed.length > 0) renameAll(to, from, renamed.toReversed());
    throw error;
  }
}

/**
 * Replaces the database at `path` with `file`, a complete database beside it. Sets the old one aside as {@linkcode
 * setAsideDatabase} does, and returns its new path, or null if there was none.
 *
 * @throws the system's error; all files are back in place then
 * @throws {LocalError} `database-unusable` if the old database can't be put back either; names its path
 */
export function replaceDatabase(path: string, file: string, now: Date): string | null {
  const setAsideTo = setAsideDatabase(path, now);
  try {
    renameSync(file, path);
  } catch (error) {
    if (setAsideTo !== null) putBack(path, setAsideTo);
    throw error;
  }
  finishDatabase(path);
  orNull(() => syncPath(dirname(path)));
  return setAsideTo;
}

function putBack(path: string, setAsideTo: string): void {
  try {
    renameAll(setAsideTo, path, suffixesAt(setAsideTo).toReversed());
  } catch (error) {
    throw new LocalError("database-unusable", `The data was set aside and could not be put back: ${setAsideTo}`, {
      hint: `Rename it and its side files to ${path}`,
      facts: { database: path, setAsideTo, systemError: systemErrorCode(error) },
      cause: error,
    });
  }
}

/**
 * Deletes the database at `path` and its side files. Returns their size in bytes, or null if there is none. Deletes the
 * database first, for the reason given at {@linkcode setAsideDatabase}.
 */
export function removeDatabase(path: string): number | null {
  const present = suffixesAt(path);
  if (present.length === 0) return null;
  const bytes = present.reduce((sum, suffix) => sum + lstatSync(path + suffix).size, 0);
  for (const suffix of present) unlinkSync(path + suffix);
  orNull(() => syncPath(dirname(path)));
  return bytes;
}

/** What of the database at `path` exists: "" for itself first, and its side files. */
function suffixesAt(path: string): string[] {
  return ["", ...SIDE_FILES].filter((suffix) => lstatSync(path + suffix, { throwIfNoEntry: false }) !== undefined);
}
