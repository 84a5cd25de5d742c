import fs from "node:fs";
import { basename } from "node:path";
import { systemErrorCode } from "../../errors/local_error.ts";

/** The types of `node-sqlite3-wasm`, as far as they are used. */
interface WasmPackage {
  Database: new (path: string) => { all(sql: string): Record<string, unknown>[]; close(): void };
}

/**
 * The SQLite of the npm package `node-sqlite3-wasm`; null when it is not installed. Its locks are folders of its own, of
 * which no other program knows: for private files only.
 *
 * The package's name is not written at the import, where Deno, which does not need it, would fetch it at every first start.
 */
export async function loadWasmSqlite(): Promise<SqliteLibrary | null> {
  const name = "node-sqlite3-wasm";
  let Database: WasmPackage["Database"];
  try {
    ({ default: { Database } } = await import(name) as { default: WasmPackage });
  } catch (error) {
    if (!["ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND"].includes(systemErrorCode(error) ?? "")) throw error;
    return null;
  }
  return {
    open: (path) => {
      const lock = `/${basename(path)}.lock`; // by its name alone: the package has its own way to write the path
      const database = new Database(path);
      return {
        all: (sql) => hiding(lock, () => database.all(sql)),
        close: () => database.close(),
      };
    },
  };
}

/**
 * Runs `action`, which waits for nothing, while `fs.accessSync` sees no path that ends with `end`.
 *
 * Asked whether somebody else is writing (xCheckReservedLock), the package says yes whenever its lock folder is there,
 * which it just made itself to read. So SQLite takes every journal for one that is in use, rolls none back, and gives half
 * a transaction for data, of which `PRAGMA integrity_check` may well say that it is in order.
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

/** What both variants have, each under its own class. */
export interface SqliteLibrary {
  open(path: string): { all(sql: string): Record<string, unknown>[]; close(): void };
}
