import { LocalError } from "../errors/local_error.ts";
import { printableLine } from "../text/printable.ts";
import type { DatabaseFacts } from "./copy_files.ts";
import { schemaOrigin } from "./schema.ts";

/**
 * Checks that a database is intact and Temporal's.
 *
 * @param path The file that was copied, for the error message.
 * @throws {LocalError} `database-unusable`
 */
export function requireTemporalDatabase(facts: DatabaseFacts, path: string, hint: string): void {
  const reason = whyUnusable(facts);
  if (reason === null) return;
  throw new LocalError("database-unusable", `Cannot use ${path}: ${reason}`, {
    hint,
    facts: { path, problems: facts.problems },
  });
}

/** Maximum length of SQLite's messages, in characters; they can span many lines. */
const MAX_TOLD = 200;

/** Why the database is unusable; null if it is fine. */
export function whyUnusable({ problems, tables, namespaces }: DatabaseFacts): string | null {
  if (problems.length > 0) {
    return `it is damaged, or not a SQLite database (${printableLine(problems.join("; "), MAX_TOLD)})`;
  }
  if (tables.length === 0) return "it is an empty database";
  if (schemaOrigin(tables).kind === "foreign") return "it is another program's database";
  return namespaces.length === 0 ? "it is incomplete: Temporal was killed while creating it" : null;
}
