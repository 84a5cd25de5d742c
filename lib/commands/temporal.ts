import type { Command } from "../cli/context.ts";
import { runIn } from "../client/run_command.ts";
import { needsServer } from "../config/cli_args.ts";
import { environmentOf } from "./run.ts";

/**
 * Runs the instance's own binary against it, with these arguments; exits with its status. As `run` does, it starts the
 * instance first if it does not run, but not only to show help.
 */
export const temporal: Command = async (context) => {
  const { operands } = context.invocation;
  if (!needsServer(operands)) {
    const { binaryToRun } = await import("../client/launch_request.ts");
    const { currentStatus } = await import("../client/current_status.ts");
    const binary = (await currentStatus(context)).temporal?.binary ?? await binaryToRun(context);
    return await runIn(context, {}, [binary, ...operands]);
  }
  const { bringUp } = await import("../client/bring_up.ts");
  const status = await bringUp(context);
  const environment = await environmentOf(context, status);
  const binary = status.temporal?.binary ?? await (await import("../client/launch_request.ts")).binaryToRun(context);
  return await runIn(context, environment, [binary, ...operands]);
};
