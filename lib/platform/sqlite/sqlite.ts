import process from "node:process";
import { LocalError, systemErrorCode } from "../../errors/local_error.ts";
import type { SqliteLibrary } from "./sqlite_wasm.ts";

/** An open SQLite database. */
export interface Sqlite {
  /** The rows that `sql` gives. @throws {SqliteError} */
  all(sql: string): Record<string, unknown>[];
  close(): void;
}

/** Opens the database at `path`, which nobody else may have open: not every SQLite here has locks that others see. */
export type OpenSqlite = (path: string) => Sqlite;

/** What SQLite complains about. */
export class SqliteError extends Error {
  override readonly name = "SqliteError";
}

/**
 * SQLite itself: the runtime's own (Deno, Node from 22.13), else the one in the npm package `node-sqlite3-wasm`.
 * Loaded only by those who need it: 10–60 ms.
 *
 * @throws {LocalError} `sqlite-missing`
 */
export async function loadSqlite(): Promise<OpenSqlite> {
  const library = await loadNative() ?? await (await import("./sqlite_wasm.ts")).loadWasmSqlite();
  if (library === null) {
    throw new LocalError(
      "sqlite-missing",
      `Node ${process.versions.node} has no SQLite, and node-sqlite3-wasm is missing`,
      {
        hint: "`npm install` brings it; Deno, and Node from 22.13, have one of their own",
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

/** `node:sqlite`, as far as it is used: the types of Node 20, which are those of this project, don't have it. */
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

/** Node 22 warns on stderr that its SQLite is experimental, which is of no use to who asked for a backup. */
async function quietly<T>(load: () => Promise<T>): Promise<T> {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return await load();
  } finally {
    process.emitWarning = emitWarning;
  }
}
