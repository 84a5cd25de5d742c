import type { CommandContext } from "../cli/context.ts";
import { withLiveLine } from "../cli/progress_line.ts";
import type { Status } from "../instance/status/status.ts";
import { ensureSupervisor } from "./ensure_supervisor.ts";
import { interruptible } from "./interruptible.ts";
import { tellMove } from "./data/tell_move.ts";
import { createLaunchRequest } from "./launch_request.ts";
import { requireDeclared } from "./process_names.ts";

/**
 * Starts an instance that has no supervisor. Ctrl-C ends the wait, not the start: the supervisor keeps starting
 * Temporal.
 *
 * @param replaces Replace an unsupervised Temporal instead of adopting it.
 */
export async function startSupervised(context: CommandContext, timeoutMs: number, replaces: boolean): Promise<Status> {
  const { host, invocation: { home, commandOptions } } = context;
  requireDeclared(context.invocation.names ?? [], context.invocation);
  const launchRequest = await createLaunchRequest(context, replaces);
  const noWait = commandOptions["no-wait"] === true;
  const ensured = (onHandedOver: () => void, signal: AbortSignal) =>
    ensureSupervisor(host, launchRequest, { timeoutMs, noWait, onSupervisorStarting: onHandedOver, signal });
  const status = await withLiveLine(context, () => interruptible(host, home, ensured));
  await tellMove(context, status);
  return status;
}
