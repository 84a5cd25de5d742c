import { rmSync, statSync } from "node:fs";
import { checkHome, type Command, type CommandContext } from "../cli/context.ts";
import { withInterrupt } from "../cli/interrupt.ts";
import { currentStatus } from "../client/current_status.ts";
import { databaseOf, isUp, replaceData, tellRunning } from "../client/replace_data.ts";
import { serverNotePath } from "../database/downgrade_guard.ts";
import { finishDatabase, removeDatabase, setAsideDatabase } from "../database/files.ts";
import { LocalError } from "../errors/local_error.ts";
import type { Status } from "../instance/status/status.ts";
import { askTerminal, isYes } from "../platform/runtime/prompt.ts";
import { formatBytes } from "../text/byte_size.ts";

/** Sets the data aside, or removes it. A Temporal that runs is stopped for it and comes up again without data. */
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
      ? "Its data was in memory, and is gone"
      : setAsideTo !== null
      ? `The data is set aside: ${setAsideTo}`
      : removedBytes !== null
      ? `The data is removed for good: ${database} (${formatBytes(removedBytes)})`
      : `There was no data at ${database}`;
  const replaced = await withInterrupt(
    context.host,
    "the data is as it was",
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
    const back = setAsideTo === null ? "" : "\n`stigmer-local restore` with that path brings it back";
    return `${describe(replaced.result)}${back}\n${tellRunning(replaced)}`;
  });
  return 0;
};

type Outcome = { setAsideTo: string | null; removedBytes: number | null };

function resetData(database: string | null, removes: boolean): Outcome {
  if (database === null) return { setAsideTo: null, removedBytes: null };
  const setAsideTo = removes ? null : setAsideDatabase(database, new Date());
  const removedBytes = removes ? removeDatabase(database) : null;
  // It knows its database by the inode, which the next file may be given.
  if (removedBytes !== null) rmSync(serverNotePath(database), { force: true });
  finishDatabase(database); // of what was just being made, nothing is left
  return { setAsideTo, removedBytes };
}

/** @throws {LocalError} `usage` where nobody can be asked */
async function isConfirmed(
  { host, invocation: { json } }: CommandContext,
  before: Status,
  database: string | null,
  removes: boolean,
): Promise<boolean> {
  if (json || !host.isTerminal("stdin") || !host.isTerminal("stderr")) {
    throw new LocalError("usage", "`reset` asks first, and there is nobody here to ask", {
      hint: "stigmer-local reset --yes",
    });
  }
  const info = database === null ? undefined : statSync(database, { throwIfNoEntry: false });
  const data = database === null ? "what is in memory" : `${database}${info ? ` (${formatBytes(info.size)})` : ""}`;
  const how = removes ? `Remove ${data} for good` : `Set ${data} aside`;
  const restarts = isUp(before) ? "; Temporal restarts without data" : "";
  return isYes(await askTerminal(host, `${how}${restarts}? [y/N] `));
}
