import fs from "node:fs";
import { basename } from "node:path";
import { systemErrorCode } from "../../errors/local_error.ts";

/** The used part of `node-sqlite3-wasm`. */
interface WasmPackage {
  Database: new (path: string) => { all(sql: string): Record<string, unknown>[]; close(): void };
}

/**
 * Loads SQLite from the npm package `node-sqlite3-wasm`; null if it is not installed. It locks by folders that no other
 * program knows: for private files only.
 *
 * The import is not a literal: Deno, which does not need the package, would download it on first start.
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
      const lock = `/${basename(path)}.lock`; // base name only: the package writes the path in its own form
      const database = new Database(path);
      return {
        all: (sql) => hiding(lock, () => database.all(sql)),
        close: () => database.close(),
      };
    },
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

/** The interface common to both libraries. */
export interface SqliteLibrary {
  open(path: string): { all(sql: string): Record<string, unknown>[]; close(): void };
}
