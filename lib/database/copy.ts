import { constants, existsSync, rmSync, statSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { unlessAborted } from "../platform/runtime/delay.ts";
import { loadSqlite, type Sqlite, SqliteError } from "../platform/sqlite/sqlite.ts";

/**
 * What SQLite needs beside a database to make it whole: what a transaction under way changed (`-journal`), or what was
 * committed last (`-wal`). The `-shm` is made anew from the latter.
 */
const RECOVERY_FILES = ["-journal", "-wal"] as const;
const ALL_FILES = ["", ...RECOVERY_FILES, "-shm"] as const;

/** At most this many complaints of `PRAGMA integrity_check` are told. */
const MOST_PROBLEMS = 5;

/** What a private copy of a database turned out to be. */
export interface DatabaseFacts {
  /** What `PRAGMA integrity_check` complains about, or SQLite in the place of it; none when the database is whole. */
  problems: string[];
  tables: string[];
  namespaces: string[];
  sizeBytes: number;
}

/** A name beside the database at `path` for a copy of it, which a `doctor --fix` may remove. */
export function copyName(path: string): string {
  return `${path}.copy-${crypto.randomUUID().slice(0, 8)}`;
}

/** Whether the file `name` is a copy that {@linkcode copyName} named, or beside one. */
export function isCopyName(name: string): boolean {
  return /\.copy-[0-9a-f]{8}(-journal|-wal|-shm)?$/.test(name);
}

/**
 * Copies a database with what it needs to recover, byte by byte; on file systems that can share blocks, at once. While
 * nobody writes to it, the copy is what a power cut at this moment would leave, of which SQLite makes a whole database.
 *
 * @throws the system's error (`ENOSPC` …), or the reason of `signal`; then nothing of the copy is left
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
    copying.then(() => removeCopy(to)).catch(() => {}); // nobody can end a copy under way, and `doctor` finds what is left
    throw error;
  }
}

/** Removes a copy and what is beside it. */
export function removeCopy(path: string): void {
  for (const suffix of ALL_FILES) rmSync(path + suffix, { force: true });
}

/**
 * Lets SQLite make one whole file of a private copy (what was not committed is rolled back, what was is moved in from the
 * write-ahead log), and checks it.
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
    database.all("PRAGMA locking_mode=EXCLUSIVE"); // a write-ahead log then needs no shared memory, which WebAssembly lacks
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
  // A journal that was never begun to be used is not SQLite's to remove.
  for (const suffix of [...RECOVERY_FILES, "-shm"]) rmSync(path + suffix, { force: true });
  facts.sizeBytes = statSync(path).size;
  return facts;
}
