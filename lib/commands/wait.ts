import { checkHome, type Command, type CommandContext, timeoutMsOf, withProject } from "../cli/context.ts";
import { withLiveLine } from "../cli/progress_line.ts";
import { selectNamespace } from "../cli/select_namespace.ts";
import { currentStatus } from "../client/current_status.ts";
import { statusOrThrow } from "../control/client.ts";
import { askLong } from "../control/request.ts";
import { fromFailure } from "../errors/failure.ts";
import { notReady } from "../errors/not_ready.ts";
import { requireReach } from "../instance/status/reachability.ts";
import { renderCard } from "../instance/status/render_status.ts";
import type { Status } from "../instance/status/status.ts";
import { poll } from "../platform/runtime/poll.ts";

const POLL_MS = 100;

/** Waits until Temporal is ready, even if it has not been started yet. Fails at once if it has failed. */
export const wait: Command = async (context) => {
  const timeoutMs = timeoutMsOf(context);
  const giveUpAt = performance.now() + timeoutMs;
  const ask = () => servingStatus(context, Math.max(1, giveUpAt - performance.now()));
  const look = () => checkHome(context) ? withLiveLine(context, ask) : null;
  const ready = await poll(look, { everyMs: POLL_MS, timeoutMs });
  if (ready === null) {
    const { lateStart } = await import("../control/late_start.ts");
    const late = notReady(timeoutMs, "`stigmer-local status` shows why, `stigmer-local start` starts it");
    throw await lateStart(context.host, context.invocation.home, timeoutMs, late);
  }
  await requireReach(context.host, ready);
  const status = await selectNamespace(context, withProject(context, ready));
  await context.answer(status, () => renderCard(status, context.paint));
  return 0;
};

/** The status once Temporal is ready, supervised or not; null = ask again. */
async function servingStatus(context: CommandContext, timeoutMs: number): Promise<Status | null> {
  const { host, invocation: { home } } = context;
  const answer = await askLong(host, home, { method: "GET", path: "/wait" }, timeoutMs);
  if (answer.kind === "answer") return statusOrThrow(answer.response);
  if (answer.kind !== "absent") return null;
  const status = await currentStatus(context);
  if (status.state === "failed" && status.failure !== undefined) throw fromFailure(status.failure);
  return status.healthy ? status : null;
}
