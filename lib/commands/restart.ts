import { settleSelectedVersion } from "../binary/selected_version.ts";
import { checkHome, type Command, type CommandContext, tellWarnings, timeoutMsOf } from "../cli/context.ts";
import { withLiveLine } from "../cli/progress_line.ts";
import { binaryForRestart } from "../client/launch_request.ts";
import { statusOrThrow } from "../control/client.ts";
import { askPatiently, isLeaving } from "../control/request.ts";
import { LocalError } from "../errors/local_error.ts";
import { renderCard } from "../instance/status/render_status.ts";
import type { Status } from "../instance/status/status.ts";

/** Restarts Temporal with its current settings and those given now. Starts it if it is not running. */
export const restart: Command = async (context) => {
  const timeoutMs = timeoutMsOf(context);
  const status = await restartSupervised(context, timeoutMs) ??
    await (await import("../client/start_supervised.ts")).startNew(context, timeoutMs, true);
  await tellWarnings(context, status);
  await context.answer(status, () => renderCard(status, context.paint));
  return 0;
};

async function restartSupervised(context: CommandContext, timeoutMs: number): Promise<Status | null> {
  const { host, invocation: { home, requested, policy } } = context;
  if (!checkHome(context)) return null;
  const body = { asked: requested, binary: await binaryForRestart(context), policy };
  const request = { method: "POST", path: "/restart", body } as const;
  const answer = await withLiveLine(context, () => askPatiently(host, home, request, timeoutMs));
  if (answer.kind === "late") {
    throw new LocalError(
      "timeout",
      `Timed out after ${timeoutMs / 1000} s waiting for Temporal to become ready again`,
      {
        hint: "`stigmer-local status` shows why; the supervisor keeps trying in the background",
      },
    );
  }
  if (answer.kind !== "answer" || isLeaving(answer.response)) return null;
  const status = statusOrThrow(answer.response);
  settleSelectedVersion(home);
  return status;
}
