import { constants, existsSync, rmSync, statSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { unlessAborted } from "../platform/runtime/delay.ts";
import { loadSqlite, type Sqlite, SqliteError } from "../platform/sqlite/sqlite.ts";
import { SIDE_FILES } from "./path.ts";

/**
 * The files that SQLite needs to recover a database: the rollback journal, or the write-ahead log. The `-shm` is
 * rebuilt from the latter.
 */
const RECOVERY_FILES = ["-journal", "-wal"] as const;

/** Maximum number of problems that `PRAGMA integrity_check` reports. */
const MOST_PROBLEMS = 5;

/** The content of a private copy of a database. */
export interface DatabaseFacts {
  /** Problems found by `PRAGMA integrity_check`, or the error of SQLite; empty if the database is intact. */
  problems: string[];
  tables: string[];
  namespaces: string[];
  sizeBytes: number;
}

/** A name for a copy of the database at `path`, beside it, which `doctor --fix` may remove. */
export function copyName(path: string): string {
  return `${path}.copy-${crypto.randomUUID().slice(0, 8)}`;
}

/** Whether file `name` is a copy named by {@linkcode copyName}, or its journal or log. */
export function isCopyName(name: string): boolean {
  return /\.copy-[0-9a-f]{8}(-journal|-wal|-shm)?$/.test(name);
}

/**
 * Copies a database and its recovery files, as a reflink where the file system supports it. If nothing is written
 * meanwhile, the copy is what a power cut at this moment would leave, from which SQLite recovers the database.
 *
 * @throws the system's error (`ENOSPC` …), or the reason of `signal`; the partial copy is removed
 */
export async function copyDatabase(from: string, to: string, signal?: AbortSignal): Promise<void> {
  let copying = Promise.resolve();
  try {
    for (const suffix of ["", ...RECOVERY_FILES]) {
      if (suffix !== "" && !existsSync(from + suffix)) continue;
      copying = copyFile(from + suffix, to + suffix, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
      await unlessAborted(copying, signal);
    }
  } catch (error) {
    removeCopy(to);
    copying.then(() => removeCopy(to)).catch(() => {}); // copyFile() can't be cancelled; `doctor` finds what remains
    throw error;
  }
}

/** Removes a copy and its recovery files. */
export function removeCopy(path: string): void {
  for (const suffix of ["", ...SIDE_FILES]) rmSync(path + suffix, { force: true });
}

/**
 * Lets SQLite recover a private copy into a single file (rolls back an open transaction, checkpoints the write-ahead
 * log), and checks it.
 *
 * @throws {LocalError} `sqlite-missing`
 */
export async function settleCopy(path: string): Promise<DatabaseFacts> {
  const open = await loadSqlite();
  const facts: DatabaseFacts = { problems: [], tables: [], namespaces: [], sizeBytes: 0 };
  let database: Sqlite | null = null;
  try {
    database = open(path);
    const texts = (sql: string) => database!.all(sql).map((row) => String(Object.values(row)[0]));
    database.all("PRAGMA locking_mode=EXCLUSIVE"); // so that a write-ahead log needs no shared memory, which WebAssembly lacks
    database.all("PRAGMA journal_mode=DELETE");
    facts.problems = texts(`PRAGMA integrity_check(${MOST_PROBLEMS})`).filter((line) => line !== "ok");
    facts.tables = texts("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");
    if (facts.tables.includes("namespaces")) facts.namespaces = texts("SELECT name FROM namespaces ORDER BY name");
  } catch (error) {
    if (!(error instanceof SqliteError)) throw error;
    facts.problems.push(error.message);
  } finally {
    database?.close();
  }
  // SQLite does not remove a journal without a valid header.
  for (const suffix of SIDE_FILES) rmSync(path + suffix, { force: true });
  facts.sizeBytes = statSync(path).size;
  return facts;
}
