import { renderCard } from "../core/render_status.ts";
import { LocalError } from "../core/local_error.ts";
import type { Status } from "../core/status.ts";
import { askPatiently, isLeaving } from "../supervisor/ask_start.ts";
import { statusOrThrow } from "../supervisor/control_client.ts";
import { settleChosenVersion } from "../temporal/chosen_version.ts";
import { checkHome, type Command, type CommandContext, tellWarnings, timeoutMsOf } from "./context.ts";
import { withLiveLine } from "./live_line.ts";
import { binaryForRestart } from "./supervisor_order.ts";

/** Ends Temporal and brings it up again, with the settings that it had and those given now. Starts one that is not there. */
export const restart: Command = async (context) => {
  const timeoutMs = timeoutMsOf(context);
  const status = await restartSupervised(context, timeoutMs) ??
    await (await import("./start_new.ts")).startNew(context, timeoutMs, true);
  await tellWarnings(context, status);
  await context.answer(status, () => renderCard(status, context.paint));
  return 0;
};

async function restartSupervised(context: CommandContext, timeoutMs: number): Promise<Status | null> {
  const { host, invocation: { home, asked, policy } } = context;
  if (!checkHome(context)) return null;
  const body = { asked, binary: await binaryForRestart(context), policy };
  const request = { method: "POST", path: "/restart", body } as const;
  const answer = await withLiveLine(context, () => askPatiently(host, home, request, timeoutMs));
  if (answer.kind === "late") {
    throw new LocalError("timeout", `Temporal does not serve again after ${timeoutMs / 1000} s`, {
      hint: "`stigmer-local status` tells more",
    });
  }
  if (answer.kind !== "answer" || isLeaving(answer.response)) return null;
  const status = statusOrThrow(answer.response);
  settleChosenVersion(home);
  return status;
}
