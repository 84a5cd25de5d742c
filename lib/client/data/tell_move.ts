import type { CommandContext } from "../../cli/context.ts";
import { compareVersions } from "../../config/temporal_versions.ts";
import { identityOf, minorOf, readServerNote } from "../../database/server_note.ts";
import type { Status } from "../../instance/status/status.ts";

/**
 * Says that a Temporal which was just launched is newer than the one that served its data last: Temporal does not add to an
 * existing SQLite database what newer versions create in a new one, and the way back is refused.
 */
export async function tellMove(context: CommandContext, { temporal, paths: { database } }: Status): Promise<void> {
  if (temporal?.version == null || temporal.adopted || database === null) return;
  const note = readServerNote(database); // the supervisor replaces it 2 s after Temporal is ready
  if (note === null || note.cli === null || note.database !== identityOf(database)) return;
  const last = note.cli;
  if (compareVersions(minorOf(last), minorOf(temporal.version)) >= 0) return;
  await context.tell(
    `note: Temporal ${temporal.version} serves the data of ${last} now, and ${last} is refused from here on. What came with ` +
      "newer versions may need new data (`stigmer-local reset` keeps the old)",
  );
}
