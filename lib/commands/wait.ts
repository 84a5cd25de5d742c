import { checkHome, type Command, type CommandContext, timeoutMsOf } from "../cli/context.ts";
import { withLiveLine } from "../cli/progress_line.ts";
import { currentStatus } from "../client/current_status.ts";
import { statusOrThrow } from "../control/client.ts";
import { askPatiently, isLeaving } from "../control/request.ts";
import { fromFailure } from "../errors/failure.ts";
import { notReady } from "../errors/not_ready.ts";
import { renderCard } from "../instance/status/render_status.ts";
import type { Status } from "../instance/status/status.ts";
import { delay } from "../platform/runtime/delay.ts";

const POLL_MS = 100;

/** Waits until Temporal is ready, even if it has not been started yet. Fails at once if it has failed. */
export const wait: Command = async (context) => {
  const timeoutMs = timeoutMsOf(context);
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    const remainingMs = Math.max(1, giveUpAt - performance.now());
    const status = checkHome(context) ? await withLiveLine(context, () => servingStatus(context, remainingMs)) : null;
    if (status !== null) {
      await context.answer(status, () => renderCard(status, context.paint));
      return 0;
    }
    if (performance.now() >= giveUpAt) {
      throw notReady(timeoutMs, "`stigmer-local status` shows why, `stigmer-local start` starts it");
    }
    await delay(Math.min(POLL_MS, Math.max(1, giveUpAt - performance.now())));
  }
};

/** The status once Temporal is ready, supervised or not; null = ask again. */
async function servingStatus(context: CommandContext, timeoutMs: number): Promise<Status | null> {
  const { host, invocation: { home } } = context;
  const answer = await askPatiently(host, home, { method: "GET", path: "/wait" }, timeoutMs);
  if (answer.kind === "answer") return isLeaving(answer.response) ? null : statusOrThrow(answer.response);
  if (answer.kind !== "absent") return null;
  const status = await currentStatus(context);
  if (status.state === "failed" && status.failure !== undefined) throw fromFailure(status.failure);
  return status.healthy ? status : null;
}
