import {
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
} from "node:fs";
import { dirname } from "node:path";
import { LocalError, systemErrorCode } from "../errors/local_error.ts";
import { writeAtomically } from "../platform/files/atomic_file.ts";
import { sqliteTableContent } from "../platform/sqlite/sqlite_file.ts";
import { checkDatabase, unusableDatabase } from "./path.ts";

/** What a SQLite database may have beside it (sqlite.org/tempfiles.html). */
const SIDE_FILES = ["-journal", "-wal", "-shm"] as const;

/** What {@linkcode prepareDatabase} found and did. */
export interface PreparedDatabase {
  /** Temporal will make this database, or made it when it was last launched and was not seen to serve. */
  isBeingMade: boolean;
  /** Where a ruin that was in the way is now; null when there was none. */
  setAsideTo: string | null;
}

/**
 * To be called before each launch, while nobody has the database open. A database that Temporal will have to make is
 * marked "being made" until {@linkcode finishDatabase}, and a marked one that turns out to be a ruin is set aside.
 *
 * Temporal sets the schema up only where no file is, table by table, so a kill in that moment ruins the file for good.
 * Worse, a kill late in it leaves one that Temporal starts on and serves from, without the tables of its visibility
 * store. The proof that the schema is whole is a row in `namespaces`: Temporal writes the first one right after the
 * last statement of the schema (buildSQLConfig in its devserver/server.go). Without one it never served, and no client
 * can have data in it. With one, a marker is only what a supervisor left that was killed before it could remove it.
 *
 * @throws {LocalError} as {@linkcode checkDatabase} does, when an unmarked file is such a ruin (or another program's
 * database), and when the marker can't be written
 */
export function prepareDatabase(path: string, now: Date): PreparedDatabase {
  checkDatabase(path);
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > 0) {
    const isMarked = isBeingMade(path);
    const isWhole = !isRuin(path);
    if (isWhole) return { isBeingMade: isMarked, setAsideTo: null };
    if (!isMarked) {
      const hint = "`stigmer-local reset` sets it aside (nothing is deleted); or choose another --db-filename";
      throw unusableDatabase(
        path,
        "it is no finished Temporal database, and it was not stigmer-local that began it",
        undefined,
        hint,
      );
    }
  }
  const setAsideTo = setAsideDatabase(path, now);
  markBeingMade(path);
  return { isBeingMade: true, setAsideTo };
}

function isRuin(path: string): boolean {
  const database = openSync(path, "r");
  const walPath = `${path}-wal`;
  const wal = existsSync(walPath) ? openSync(walPath, "r") : null;
  const reader = (fd: number) => (offset: number, size: number) => {
    const bytes = new Uint8Array(size);
    return bytes.subarray(0, readSync(fd, bytes, 0, size, offset));
  };
  try {
    const content = sqliteTableContent(reader(database), "namespaces", wal === null ? undefined : reader(wal));
    return content === "absent" || content === "empty";
  } finally {
    closeSync(database);
    if (wal !== null) closeSync(wal);
  }
}

/** The marker that says that the database at `path` was never seen to serve. */
export function markerPath(path: string): string {
  return `${path}.being-made`;
}

/** Whether the database at `path` is marked as being made. */
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
    // Whole, by rename: a link that stands there is replaced, and what it leads to left alone.
    writeAtomically(
      markerPath(path),
      "Temporal is making this database, or was killed while it did. stigmer-local removes this file once it serves.\n",
    );
    syncFolder(dirname(path)); // the marker must outlive a power cut that the database outlives
  } catch (error) {
    throw unusableDatabase(
      path,
      `nothing can be written beside it (${systemErrorCode(error) ?? String(error)})`,
      error,
      systemErrorCode(error) === "ENOSPC" ? "free some space, or choose another --db-filename" : undefined,
    );
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
  renameAll(path, target, present);
  syncRenamed(dirname(path));
  return target;
}

/** When one of them can't be renamed, those before it get their names back. */
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
 * Puts `file`, a whole database beside the one at `path`, in its place. What was there is set aside as
 * {@linkcode setAsideDatabase} does; gives where that is, or null when there was nothing.
 *
 * @throws the system's error; then all is where it was
 * @throws {LocalError} `database-unusable` when what was set aside can't be put back either, naming where it is
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
  syncRenamed(dirname(path));
  return setAsideTo;
}

function putBack(path: string, setAsideTo: string): void {
  try {
    renameAll(setAsideTo, path, ["", ...SIDE_FILES].filter((suffix) => isThere(setAsideTo + suffix)).toReversed());
  } catch (error) {
    throw new LocalError("database-unusable", `The data was set aside, and can't be put back: ${setAsideTo}`, {
      hint: `Rename it, and what is beside it, to ${path}`,
      facts: { database: path, setAsideTo, systemError: systemErrorCode(error) },
      cause: error,
    });
  }
}

/**
 * Removes the database at `path` and what SQLite has beside it, for good; gives their bytes, or null when there is
 * nothing. The database goes first, for the reason that {@linkcode setAsideDatabase} has.
 */
export function removeDatabase(path: string): number | null {
  const present = ["", ...SIDE_FILES].filter((suffix) => isThere(path + suffix));
  if (present.length === 0) return null;
  const bytes = present.reduce((sum, suffix) => sum + lstatSync(path + suffix).size, 0);
  for (const suffix of present) unlinkSync(path + suffix);
  syncRenamed(dirname(path));
  return bytes;
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Of what is done already: only a power cut that comes at once could undo it. */
function syncRenamed(folder: string): void {
  try {
    syncFolder(folder);
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error; // not every file system can
  }
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
