import type { Command } from "../cli/context.ts";
import { requireOperands, runWith } from "../client/run_command.ts";

/** Runs a command with Temporal available; exits with its status. */
export const run: Command = async (context) => {
  const { commandOptions } = context.invocation;
  requireOperands(context);
  if (commandOptions["ephemeral"] === true) {
    return await (await import("../ephemeral/run.ts")).runEphemeral(context);
  }
  const { bringUp } = await import("../client/bring_up.ts");
  const status = await bringUp(context);
  try {
    return await runWith(context, status);
  } finally {
    if (commandOptions["stop-after"] === true && status.reused !== true) {
      const { DEFAULT_GRACE_S, stopInstance } = await import("../client/stop.ts");
      await stopInstance(context, DEFAULT_GRACE_S * 1000);
    }
  }
};
