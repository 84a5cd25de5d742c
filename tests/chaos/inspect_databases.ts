/**
 * Looks into SQLite databases with a real SQLite, which Deno has in it. Prints one JSON document: for each path given,
 * what `PRAGMA integrity_check` says, and whether a `namespaces` table with a row in it shows that Temporal ever served it.
 *
 *   deno run -A tests/chaos/inspect_databases.ts FILE …
 */
import process from "node:process";

/** What is known of one database. */
export interface DatabaseReport {
  path: string;
  /** `ok`, or what is broken. */
  integrity: string;
  hasNamespaces: boolean;
}

/** As much of `node:sqlite` as is used: Node 20's types don't have it. */
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
