import { LocalError } from "../errors/local_error.ts";
import { printableLine } from "../text/printable.ts";
import type { DatabaseFacts } from "./copy.ts";
import { schemaOrigin } from "./schema.ts";

/**
 * Checks that a database is whole and Temporal's.
 *
 * @param path What is told of it: the file that was copied.
 * @throws {LocalError} `database-unusable`
 */
export function requireTemporalDatabase(facts: DatabaseFacts, path: string, hint: string): void {
  const reason = whyUnusable(facts);
  if (reason === null) return;
  throw new LocalError("database-unusable", `${path} can't be used: ${reason}`, {
    hint,
    facts: { path, problems: facts.problems },
  });
}

/** SQLite complains at length, over many lines. In characters. */
const MAX_TOLD = 200;

/** What is wrong with the database, or null. */
export function whyUnusable({ problems, tables, namespaces }: DatabaseFacts): string | null {
  if (problems.length > 0) {
    return `it is damaged, or no SQLite database (${printableLine(problems.join("; "), MAX_TOLD)})`;
  }
  if (tables.length === 0) return "it is an empty database";
  if (schemaOrigin(tables).kind === "foreign") return "it is not Temporal's, but another program's database";
  return namespaces.length === 0 ? "it was never finished: Temporal was killed while it set it up" : null;
}
