import { checkHome, type CommandContext, tellWarnings, timeoutMsOf } from "../cli/context.ts";
import { withLiveLine } from "../cli/progress_line.ts";
import { statusOrThrow } from "../control/client.ts";
import { askStart, isLeaving } from "../control/request.ts";
import { LocalError } from "../errors/local_error.ts";
import { CONTROL_SOCKET_NAME } from "../instance/paths.ts";
import type { Status } from "../instance/status/status.ts";
import { interruptible } from "./interruptible.ts";

/** Starts, adopts or reuses the instance. Resolves with its status once Temporal is ready. */
export async function bringUp(context: CommandContext): Promise<Status> {
  const timeoutMs = timeoutMsOf(context);
  const { host, invocation: { home } } = context;
  const status = await interruptible(host, home, (onHandedOver) => reuse(context, timeoutMs, onHandedOver)) ??
    await (await import("./start_supervised.ts")).startNew(context, timeoutMs, false);
  await tellWarnings(context, status);
  return status;
}

/** The path of nearly every call: a supervisor is running. Loads no module that only a launch needs. */
async function reuse(context: CommandContext, timeoutMs: number, onHandedOver: () => void): Promise<Status | null> {
  const { host, invocation: { home, requested, requestedBinary, policy, commandOptions } } = context;
  if (!checkHome(context)) return null;
  const request = { asked: requested, binary: requestedBinary, policy, noWait: commandOptions["no-wait"] === true };
  if (host.exists(`${home}/${CONTROL_SOCKET_NAME}`)) onHandedOver();
  const answer = await withLiveLine(context, () => askStart(host, home, request, timeoutMs));
  if (answer.kind === "late") {
    throw new LocalError(
      "timeout",
      `Timed out after ${
        timeoutMs / 1000
      } s waiting for Temporal to become ready; the supervisor keeps trying in the background`,
      {
        hint:
          "`stigmer-local wait` keeps waiting, `stigmer-local status` shows details, `stigmer-local stop` cancels the start",
      },
    );
  }
  return answer.kind === "answer" && !isLeaving(answer.response) ? statusOrThrow(answer.response) : null;
}
