import type { CommandContext } from "../cli/context.ts";
import { withLiveLine } from "../cli/progress_line.ts";
import { DEFAULT_GRACE_MS } from "../config/policy.ts";
import { statusOrThrow } from "../control/client.ts";
import { askLong } from "../control/request.ts";
import { LocalError } from "../errors/local_error.ts";
import { instancePaths } from "../instance/paths.ts";
import type { Stopped } from "../instance/status/status.ts";
import { processesHere } from "../platform/processes/processes_here.ts";
import { untilExited } from "./supervisor_exit.ts";

/** Time allowed beyond the grace period: SIGKILL, a slow disk, a machine under load; in ms. */
const MARGIN_MS = 60_000;

export const NOTHING: Stopped = { pid: null, forced: false };

/**
 * Stops the instance, supervised or not. Resolves when all its processes have exited.
 *
 * @param graceMs From SIGTERM to SIGKILL.
 */
export async function stopInstance(context: CommandContext, graceMs: number = DEFAULT_GRACE_MS): Promise<Stopped> {
  const { host, invocation: { home } } = context;
  for (;;) {
    const request = { method: "POST", path: "/stop", body: { graceMs } } as const;
    const answer = await withLiveLine(context, () => askLong(host, home, request, graceMs + MARGIN_MS));
    if (answer.kind === "answer") {
      const { stopped, supervisor } = statusOrThrow(answer.response);
      if (supervisor !== null) await untilExited([supervisor.pid], processesHere(host.platform));
      return stopped ?? NOTHING;
    }
    if (answer.kind === "late") {
      throw new LocalError(
        "stop-failed",
        `Temporal is still running ${(graceMs + MARGIN_MS) / 1000} s after the stop`,
        { hint: "`stigmer-local stop --force` kills it" },
      );
    }
    if (answer.kind === "absent" && !mayRun(context)) return NOTHING;
    const { stopUnsupervised } = await import("./stop_unsupervised.ts");
    const stopped = await stopUnsupervised(host, home, graceMs, answer.kind === "silent");
    if (stopped !== null) return stopped;
  }
}

/** Whether the home has ever had an instance: without one, no lock files are created just to find nothing running. */
function mayRun({ host, invocation: { home } }: CommandContext): boolean {
  const { supervisorLock, processLock, record } = instancePaths(home);
  return [supervisorLock, processLock, record].some((path) => host.exists(path));
}
