import { checkHome, type CommandContext, tellWarnings, timeoutMsOf } from "../cli/context.ts";
import { withLiveLine } from "../cli/progress_line.ts";
import { statusOrThrow } from "../control/client.ts";
import { askStart, isLeaving } from "../control/request.ts";
import { LocalError } from "../errors/local_error.ts";
import { CONTROL_SOCKET_NAME } from "../instance/paths.ts";
import type { Status } from "../instance/status/status.ts";
import { interruptible } from "./interruptible.ts";

/** The status of the instance once it serves: reused, adopted or started. */
export async function bringUp(context: CommandContext): Promise<Status> {
  const timeoutMs = timeoutMsOf(context);
  const { host, invocation: { home } } = context;
  const status = await interruptible(host, home, (goesOn) => reuse(context, timeoutMs, goesOn)) ??
    await (await import("./start_supervised.ts")).startNew(context, timeoutMs, false);
  await tellWarnings(context, status);
  return status;
}

/** The way of nearly every call: a supervisor answers. Loads nothing that only a launch needs. */
async function reuse(context: CommandContext, timeoutMs: number, goesOn: () => void): Promise<Status | null> {
  const { host, invocation: { home, requested, requestedBinary, policy, commandOptions } } = context;
  if (!checkHome(context)) return null;
  const request = { asked: requested, binary: requestedBinary, policy, noWait: commandOptions["no-wait"] === true };
  if (host.exists(`${home}/${CONTROL_SOCKET_NAME}`)) goesOn();
  const answer = await withLiveLine(context, () => askStart(host, home, request, timeoutMs));
  if (answer.kind === "late") {
    throw new LocalError("timeout", `Temporal does not serve after ${timeoutMs / 1000} s; the supervisor goes on`, {
      hint: "`stigmer-local wait` waits on, `stigmer-local status` tells more, `stigmer-local stop` ends it",
    });
  }
  return answer.kind === "answer" && !isLeaving(answer.response) ? statusOrThrow(answer.response) : null;
}
