import { checkHome, type CommandContext } from "../cli/context.ts";
import { withLiveLine } from "../cli/progress_line.ts";
import { currentStatus } from "../client/current_status.ts";
import { requireDeclared } from "../client/process_names.ts";
import { statusOrThrow } from "../control/client.ts";
import { askLong } from "../control/request.ts";
import { LocalError } from "../errors/local_error.ts";
import { instancePaths, processPaths } from "../instance/paths.ts";

/** How long the supervisor may take to end them, in ms: their own `stop_timeout` bounds it. */
const DEADLINE_MS = 3_600_000;

/**
 * Stops the processes `names`; Temporal and the others keep running. Resolves with the exit code.
 *
 * @param graceMs From SIGTERM to SIGKILL. @default {that of each}
 */
export async function stopProcesses(
  context: CommandContext,
  names: readonly string[],
  graceMs: number | undefined,
): Promise<number> {
  const { host, invocation: { home } } = context;
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
}
