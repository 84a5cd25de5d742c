import { rmSync, statSync } from "node:fs";
import { checkHome, type Command, type CommandContext } from "../cli/context.ts";
import { withInterrupt } from "../cli/interrupt.ts";
import { currentStatus } from "../client/current_status.ts";
import { databaseOf, isUp, replaceData, tellRunning } from "../client/data/replace_data.ts";
import { serverNotePath } from "../database/server_note.ts";
import { finishDatabase, removeDatabase, setAsideDatabase } from "../database/files.ts";
import { LocalError } from "../errors/local_error.ts";
import type { Status } from "../instance/status/status.ts";
import { askTerminal, isYes } from "../platform/runtime/prompt.ts";
import { formatBytes } from "../text/byte_size.ts";
import { wrap } from "../text/wrap.ts";

/** Sets the data aside or deletes it. Stops a running Temporal for that, and starts it again without data. */
export const reset: Command = async (context) => {
  const { commandOptions } = context.invocation;
  checkHome(context);
  const before = await currentStatus(context);
  const database = databaseOf(context, before);
  const removes = commandOptions["no-backup"] === true;
  if (commandOptions["yes"] !== true && !await isConfirmed(context, before, database, removes)) {
    await context.tell("Nothing was changed");
    return 1;
  }
  const describe = ({ setAsideTo, removedBytes }: Outcome) =>
    database === null
      ? "Discarded the in-memory data"
      : setAsideTo !== null
      ? `Set the data aside: ${setAsideTo}`
      : removedBytes !== null
      ? `Deleted the data: ${database} (${formatBytes(removedBytes)})`
      : `No data at ${database}`;
  const replaced = await withInterrupt(
    context.host,
    "the data is unchanged",
    (signal) =>
      replaceData(context, before, database, {
        signal,
        act: () => resetData(database, removes),
        describe: (result) => `${describe(result)}. `,
      }),
  );
  const { setAsideTo, removedBytes } = replaced.result;
  await context.answer({
    schema: 1,
    database,
    setAsideTo,
    removed: removedBytes !== null,
    running: replaced.running,
  }, () => {
    const back = setAsideTo === null ? "" : "\nTo get it back, run `stigmer-local restore` with that path";
    return `${describe(replaced.result)}${back}\n${tellRunning(replaced)}`;
  });
  return 0;
};

type Outcome = { setAsideTo: string | null; removedBytes: number | null };

function resetData(database: string | null, removes: boolean): Outcome {
  if (database === null) return { setAsideTo: null, removedBytes: null };
  const setAsideTo = removes ? null : setAsideDatabase(database, new Date());
  const removedBytes = removes ? removeDatabase(database) : null;
  // The note identifies its database by inode, which the next file may reuse.
  if (removedBytes !== null) rmSync(serverNotePath(database), { force: true });
  finishDatabase(database); // removes the mark of an unfinished database, too
  return { setAsideTo, removedBytes };
}

/** Asks for confirmation. @throws {LocalError} `usage` without a terminal, or with `--json` */
async function isConfirmed(
  { host, invocation: { json } }: CommandContext,
  before: Status,
  database: string | null,
  removes: boolean,
): Promise<boolean> {
  if (json || !host.isTerminal("stdin") || !host.isTerminal("stderr")) {
    throw new LocalError("usage", "`reset` asks for confirmation, which requires a terminal", {
      hint: "stigmer-local reset --yes",
    });
  }
  const info = database === null ? undefined : statSync(database, { throwIfNoEntry: false });
  const data = database === null ? "the in-memory data" : `${database}${info ? ` (${formatBytes(info.size)})` : ""}`;
  const how = removes ? `Permanently delete ${data}` : `Set ${data} aside`;
  const restarts = isUp(before) ? "; Temporal restarts without data" : "";
  const question = wrap(`${how}${restarts}? [y/N]`, host.columns() - 2).join("\n"); // leaves room for the answer
  return isYes(await askTerminal(host, `${question} `));
}
