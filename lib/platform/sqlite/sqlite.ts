import process from "node:process";
import { LocalError, systemErrorCode } from "../../errors/local_error.ts";
import type { SqliteLibrary } from "./sqlite_wasm.ts";

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
  const library = await loadNative() ?? await (await import("./sqlite_wasm.ts")).loadWasmSqlite();
  if (library === null) {
    throw new LocalError(
      "sqlite-missing",
      `Node ${process.versions.node} has no built-in SQLite, and node-sqlite3-wasm is not installed`,
      {
        hint: "`npm install` installs it; Deno, and Node from 22.13, have SQLite built in",
      },
    );
  }
  return (path) => {
    const database = guarded(() => library.open(path));
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

async function loadNative(): Promise<SqliteLibrary | null> {
  const name: string = "node:sqlite";
  try {
    const { DatabaseSync } = await quietly(() => import(name) as Promise<NativeModule>);
    return {
      open: (path) => {
        const database = new DatabaseSync(path);
        return {
          all: (sql) => database.prepare(sql).all() as Record<string, unknown>[],
          close: () => database.close(),
        };
      },
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
