import process from "node:process";
import { LocalError, systemErrorCode } from "../core/local_error.ts";
import { isDeno } from "./host.ts";

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

/** What both variants have, each under its own class. */
interface Library {
  open(path: string): { all(sql: string): Record<string, unknown>[]; close(): void };
}

/**
 * SQLite itself: the runtime's own (Deno, Node from 22.13), else the one in the npm package `node-sqlite3-wasm`.
 * Loaded only by those who need it: 10–60 ms.
 *
 * @throws {LocalError} `sqlite-missing`
 */
export async function loadSqlite(): Promise<OpenSqlite> {
  const library = await loadNative() ?? await loadWasm();
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

async function loadNative(): Promise<Library | null> {
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
    if (isDeno || !isMissing(error)) throw error;
    return null;
  }
}

/** The types of the package, as far as they are used. */
interface WasmPackage {
  Database: new (path: string) => { all(sql: string): Record<string, unknown>[]; close(): void };
}

/** Its name is not written at the import, where Deno, which does not need it, would fetch it at every first start. */
async function loadWasm(): Promise<Library | null> {
  const name = "node-sqlite3-wasm";
  try {
    const { default: { Database } } = await import(name) as { default: WasmPackage };
    return { open: (path) => new Database(path) };
  } catch (error) {
    if (!isMissing(error)) throw error;
    return null;
  }
}

function isMissing(error: unknown): boolean {
  return ["ERR_UNKNOWN_BUILTIN_MODULE", "ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND"].includes(
    systemErrorCode(error) ?? "",
  );
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
