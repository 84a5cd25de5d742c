import fs from "node:fs";
import { basename } from "node:path";
import process from "node:process";
import { LocalError, systemErrorCode } from "../../errors/local_error.ts";
import { isBundled } from "../packaging/bundle.ts";

/** An open SQLite database. */
export interface Sqlite {
  /** The rows that `sql` returns. @throws {SqliteError} */
  all(sql: string): Record<string, unknown>[];
  close(): void;
}

/**
 * Opens the database at `path`, which no other process may have open: the WebAssembly SQLite's locks are not visible to
 * others.
 */
export type OpenSqlite = (path: string) => Sqlite;

/** An error of SQLite. */
export class SqliteError extends Error {
  override readonly name = "SqliteError";
}

/**
 * Loads SQLite: the runtime's own (Deno, Node from 22.13), else that of the npm package `node-sqlite3-wasm`. Takes
 * 10–60 ms, so load it only when needed.
 *
 * @throws {LocalError} `sqlite-missing`
 */
export async function loadSqlite(): Promise<OpenSqlite> {
  const open = await loadNative() ?? await loadWasm();
  if (open === null) {
    throw new LocalError(
      "sqlite-missing",
      `Node ${process.versions.node} has no built-in SQLite, and node-sqlite3-wasm is not installed`,
      { hint: `${isBundled ? "" : "\`npm install\` installs it; "}Deno, and Node from 22.13, have SQLite built in` },
    );
  }
  return (path) => {
    const database = guarded(() => open(path));
    return {
      all: (sql) => guarded(() => database.all(sql)),
      close: () => guarded(() => database.close()),
    };
  };
}

function guarded<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof Error) throw new SqliteError(error.message, { cause: error });
    throw error;
  }
}

/** The used part of `node:sqlite`, which is missing in the types of Node 20 that this project uses. */
interface NativeModule {
  DatabaseSync: new (path: string) => {
    prepare(sql: string): { all(): unknown[] };
    close(): void;
  };
}

async function loadNative(): Promise<OpenSqlite | null> {
  const name: string = "node:sqlite";
  try {
    const { DatabaseSync } = await quietly(() => import(name) as Promise<NativeModule>);
    return (path) => {
      const database = new DatabaseSync(path);
      return {
        all: (sql) => database.prepare(sql).all() as Record<string, unknown>[],
        close: () => database.close(),
      };
    };
  } catch (error) {
    if (systemErrorCode(error) !== "ERR_UNKNOWN_BUILTIN_MODULE") throw error;
    return null;
  }
}

/** Suppresses Node 22's warning on stderr that its SQLite is experimental. */
async function quietly<T>(load: () => Promise<T>): Promise<T> {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return await load();
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** The used part of `node-sqlite3-wasm`. */
interface WasmPackage {
  Database: new (path: string) => Sqlite;
}

/**
 * Null if the package is not installed. It locks by folders that no other program knows: for private files only.
 *
 * The import is not a literal: Deno, which does not need the package, would download it on first start.
 */
async function loadWasm(): Promise<OpenSqlite | null> {
  const name = "node-sqlite3-wasm";
  let Database: WasmPackage["Database"];
  try {
    ({ default: { Database } } = await import(name) as { default: WasmPackage });
  } catch (error) {
    if (!["ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND"].includes(systemErrorCode(error) ?? "")) throw error;
    return null;
  }
  return (path) => {
    const lock = `/${basename(path)}.lock`; // base name only: the package writes the path in its own form
    const database = new Database(path);
    return {
      all: (sql) => hiding(lock, () => database.all(sql)),
      close: () => database.close(),
    };
  };
}

/**
 * Runs the synchronous `action` while `fs.accessSync` fails with ENOENT for paths that end with `end`.
 *
 * The package answers xCheckReservedLock (is another process writing?) with yes whenever its lock folder exists, which
 * it creates itself to read. SQLite then takes every journal for one in use, rolls none back, and returns half-written
 * transactions as data, which `PRAGMA integrity_check` may not detect.
 */
function hiding<T>(end: string, action: () => T): T {
  const mutable = fs as { accessSync: typeof fs.accessSync };
  const { accessSync } = mutable;
  mutable.accessSync = (asked, mode) => {
    if (String(asked).endsWith(end)) throw Object.assign(new Error(`ENOENT: ${asked} is hidden`), { code: "ENOENT" });
    accessSync(asked, mode);
  };
  try {
    return action();
  } finally {
    mutable.accessSync = accessSync;
  }
}
