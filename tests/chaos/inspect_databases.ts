/**
 * Inspects SQLite databases with the SQLite in Deno. Prints one JSON document: for each path, the result of
 * `PRAGMA integrity_check`, and whether a row in `namespaces` shows that Temporal was ever ready with it.
 *
 *   deno run -A tests/chaos/inspect_databases.ts FILE …
 */
import process from "node:process";

/** The report on one database. */
export interface DatabaseReport {
  path: string;
  /** `ok`, or the problem. */
  integrity: string;
  hasNamespaces: boolean;
}

/** The used part of `node:sqlite`, which Node 20's types lack. */
interface Sqlite {
  DatabaseSync: new (path: string) => {
    prepare(sql: string): { all(): Record<string, unknown>[] };
    close(): void;
  };
}

async function main(paths: readonly string[]): Promise<void> {
  const name = "node:sqlite";
  const { DatabaseSync } = await import(name) as Sqlite;
  const reports = paths.map((path): DatabaseReport => {
    const database = new DatabaseSync(path);
    const ask = (sql: string) => database.prepare(sql).all();
    try {
      const integrity = ask("PRAGMA integrity_check").map((row) => String(row["integrity_check"])).join("; ");
      const hasTable = ask("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'namespaces'").length > 0;
      return { path, integrity, hasNamespaces: hasTable && ask("SELECT 1 FROM namespaces LIMIT 1").length > 0 };
    } catch (error) {
      return { path, integrity: error instanceof Error ? error.message : String(error), hasNamespaces: false };
    } finally {
      database.close();
    }
  });
  console.log(JSON.stringify(reports));
}

await main(process.argv.slice(2));
