import {
  checkHome,
  type CommandContext,
  requestedBinary,
  tellWarnings,
  timeoutMsOf,
  withProject,
} from "../cli/context.ts";
import { withLiveLine } from "../cli/progress_line.ts";
import { statusOrThrow } from "../control/client.ts";
import { askLong } from "../control/request.ts";
import { instancePaths } from "../instance/paths.ts";
import { requireReach } from "../instance/status/reachability.ts";
import type { Status } from "../instance/status/status.ts";
import { interruptible } from "./interruptible.ts";

/**
 * The one way up, for every command: a supervisor that is running is asked, else one is started. Resolves with the status
 * once Temporal is ready, or at once with `--no-wait`.
 *
 * @param verb `start` adopts or reuses what runs as requested; `restart` replaces it.
 * @throws {LocalError} what the supervisor reports, `timeout`, `interrupted`, `unreachable`, what {@linkcode startSupervised} throws
 */
export async function bringUp(context: CommandContext, verb: "start" | "restart" = "start"): Promise<Status> {
  const timeoutMs = timeoutMsOf(context);
  const { host, invocation: { home } } = context;
  const status =
    await interruptible(host, home, (onHandedOver) => askRunning(context, verb, timeoutMs, onHandedOver)) ??
      await (await import("./ensure_supervisor.ts")).startSupervised(context, timeoutMs, verb === "restart");
  await tellWarnings(context, status);
  await requireReach(host, status);
  return withProject(context, status);
}

/** The path of nearly every call: a supervisor is running. Loads no module that only a launch needs. */
async function askRunning(
  context: CommandContext,
  verb: "start" | "restart",
  timeoutMs: number,
  onHandedOver: () => void,
): Promise<Status | null> {
  const {
    host,
    invocation: { home, requested, policy, commandOptions, names, command, ...invocation },
  } = context;
  if (!checkHome(context)) return null;
  const binary = verb === "start"
    ? requestedBinary(context)
    : await (await import("./launch_request.ts")).binaryForRestart(context);
  // What only needs Temporal starts nothing that was stopped by its name.
  const processes = command.operands === "[NAME…]" ? invocation.processes : undefined;
  const body = { asked: requested, binary, policy, noWait: commandOptions["no-wait"] === true, processes, names };
  if (host.exists(instancePaths(home).controlSocket)) onHandedOver();
  const answer = await withLiveLine(
    context,
    () => askLong(host, home, { method: "POST", path: `/${verb}`, body }, timeoutMs),
  );
  if (answer.kind === "late") throw await (await import("../control/late_start.ts")).lateStart(host, home, timeoutMs);
  if (answer.kind !== "answer") return null;
  const status = statusOrThrow(answer.response);
  if (verb === "restart") {
    (await import("../binary/selected_version.ts")).settleSelectedVersion(home);
    await (await import("./data/tell_move.ts")).tellMove(context, status);
  }
  return status;
}
