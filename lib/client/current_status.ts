import { checkHome, columnsOf, type CommandContext, processLines, tellWarnings, withProject } from "../cli/context.ts";
import { askSupervisor, readStatus } from "../control/client.ts";
import { LocalError } from "../errors/local_error.ts";
import { instancePaths } from "../instance/paths.ts";
import { seenFromHere } from "../instance/status/reachability.ts";
import { renderStatus } from "../instance/status/render_status.ts";
import { type Status, statusExitCode } from "../instance/status/status.ts";
import { statusFrame } from "../instance/status/status_frame.ts";

/**
 * Prints the status that `look` returns; every second with `--watch`.
 *
 * @throws {LocalError} `usage` for a `--timeout` without `--watch`
 */
export async function showStatus(context: CommandContext, look: () => Promise<Status>): Promise<number> {
  const { watch, timeout } = context.invocation.commandOptions;
  if (watch === true) return await (await import("./watch_status.ts")).watchStatus(context, look);
  if (timeout !== undefined) {
    throw new LocalError("usage", "`--timeout` is for `status --watch`", {
      hint: "`stigmer-local wait --timeout S` waits until Temporal is ready",
    });
  }
  const seen = await look();
  await tellWarnings(context, seen);
  const typed = context.typed.inValue(seen); // before it is wrapped
  const lines = await processLines(context, typed);
  await context.answer(seen, () => renderStatus(typed, Date.now(), context.paint, columnsOf(context), lines));
  return statusExitCode(seen);
}

/** The status reported by the supervisor, or found without one if none responds. Has no side effects. */
export async function currentStatus(context: CommandContext): Promise<Status> {
  return withProject(context, await statusOf(context));
}

async function statusOf(context: CommandContext): Promise<Status> {
  const { host, invocation: { home, requested } } = context;
  if (!checkHome(context)) {
    const paths = instancePaths(home);
    const { resolveSettings } = await import("../instance/ports_file.ts");
    return statusFrame("stopped", resolveSettings(requested, paths), paths);
  }
  for (let tries = 0;; tries++) {
    // Checks of a hung Temporal take up to a second each, and the supervisor waits for them.
    const answer = await askSupervisor(host, home, "GET", "/status", { timeoutMs: 2500 });
    if (answer.kind === "answer" && answer.response.status === 200) {
      return await seenFromHere(host, readStatus(answer.response));
    }
    const seen = await (await import("../instance/status/offline_status.ts")).offlineStatus(host, home, requested);
    // A supervisor may have started since it was asked.
    if (seen.state !== "unsupervised" || tries > 0 || answer.kind === "silent") return seen;
  }
}
