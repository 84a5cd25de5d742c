import type { Command } from "../cli/context.ts";
import { requireOperands, runIn } from "../client/run_command.ts";
import { instanceEnvironment } from "../environment/instance_environment.ts";
import { toolEnvironment } from "../environment/tool_environment.ts";
import { LocalError } from "../errors/local_error.ts";

/** Runs a command with Temporal available; exits with its status. */
export const run: Command = async (context) => {
  const { commandOptions } = context.invocation;
  requireOperands(context);
  if (commandOptions["keep-logs"] !== undefined && commandOptions["ephemeral"] !== true) {
    throw new LocalError("usage", "--keep-logs requires --ephemeral", {
      hint: "The logs of any other instance stay in its home: see `stigmer-local logs`",
    });
  }
  if (commandOptions["ephemeral"] === true) {
    return await (await import("../ephemeral/run.ts")).runEphemeral(context);
  }
  const { bringUp } = await import("../client/bring_up.ts");
  const status = await bringUp(context);
  try {
    const environment = instanceEnvironment(context.host, status);
    return await runIn(context, { ...environment, ...toolEnvironment(context.invocation) });
  } finally {
    if (commandOptions["stop-after"] === true && status.reused !== true) {
      const { DEFAULT_GRACE_S, stopInstance } = await import("../client/stop.ts");
      await stopInstance(context, DEFAULT_GRACE_S * 1000);
    }
  }
};
