import { checkHome, type Command } from "../cli/context.ts";
import { withLiveLine } from "../cli/progress_line.ts";
import { currentStatus } from "../client/current_status.ts";
import { requireDeclared } from "../client/process_names.ts";
import { statusOrThrow } from "../control/client.ts";
import { askLong } from "../control/request.ts";
import { LocalError } from "../errors/local_error.ts";
import { instancePaths, processPaths } from "../instance/paths.ts";

/** How long the supervisor may take to end them, in ms: their own `stop_timeout` bounds it. */
const DEADLINE_MS = 3_600_000;

/** Stops the processes that the command line names; Temporal and the others keep running. */
export const stopProcesses: Command = async (context) => {
  const { host, invocation: { home, names = [], commandOptions } } = context;
  const timeout = commandOptions["timeout"];
  const graceMs = commandOptions["force"] === true ? 0 : timeout === undefined ? undefined : Number(timeout) * 1000;
  const request = { method: "POST", path: "/stop", body: { graceMs, names } } as const;
  const answer = checkHome(context)
    ? await withLiveLine(context, () => askLong(host, home, request, DEADLINE_MS))
    : { kind: "absent" } as const;
  if (answer.kind !== "answer") {
    requireDeclared(names, context.invocation);
    const paths = instancePaths(home);
    // What runs has a record, which is removed when it is stopped.
    if (answer.kind === "absent" && !names.some((name) => host.exists(processPaths(paths, name).record))) {
      await context.answer(await currentStatus(context), () => `${names.join(", ")} not running\n`);
      return 0;
    }
    throw new LocalError("not-running", `No supervisor of ${home} responds, so no single process can be stopped`, {
      hint: "`stigmer-local stop` stops everything, `stigmer-local status` shows what is running",
    });
  }
  const status = statusOrThrow(answer.response);
  await context.answer(status, () => `${names.join(", ")} stopped\n`);
  return 0;
};
