import type { Command, CommandContext } from "../cli/context.ts";
import { selectNamespace } from "../cli/select_namespace.ts";
import { requireOperands, runIn } from "../client/run_command.ts";
import type { EnvironmentChange } from "../environment/client_environment.ts";
import { instanceEnvironment } from "../environment/instance_environment.ts";
import { temporalOnPath } from "../environment/temporal_on_path.ts";
import { toolEnvironment } from "../environment/tool_environment.ts";
import { LocalError } from "../errors/local_error.ts";
import type { Status } from "../instance/status/status.ts";

/** The flags that require `--ephemeral`, and what stands for them without it. */
const OF_EPHEMERAL: Readonly<Record<string, string>> = {
  "keep-logs": "The logs of any other instance stay in its home: see `stigmer-local logs`",
  with: "Without it, the processes of the project run beside the instance already: see `stigmer-local status`",
};

/** Runs a command with Temporal available; exits with its status. */
export const run: Command = async (context) => {
  const { commandOptions } = context.invocation;
  requireOperands(context);
  const needsIt = Object.keys(OF_EPHEMERAL).find((name) => commandOptions[name] !== undefined);
  if (needsIt !== undefined && commandOptions["ephemeral"] !== true) {
    throw new LocalError("usage", `--${needsIt} requires --ephemeral`, { hint: OF_EPHEMERAL[needsIt] });
  }
  if (commandOptions["ephemeral"] === true) {
    return await (await import("../ephemeral/run.ts")).runEphemeral(context);
  }
  const { bringUp } = await import("../client/bring_up.ts");
  const status = await bringUp(context);
  try {
    return await runIn(context, await environmentOf(context, status));
  } finally {
    if (commandOptions["stop-after"] === true && status.reused !== true) {
      const { stopInstance } = await import("../client/stop.ts");
      await stopInstance(context);
    }
  }
};

/**
 * What a command gets beside the instance, which was brought up with this status.
 *
 * @throws {LocalError} `namespace-missing`
 */
export async function environmentOf(context: CommandContext, status: Status): Promise<EnvironmentChange> {
  const { host, invocation } = context;
  return {
    ...instanceEnvironment(host, await selected(context, status)),
    ...toolEnvironment(invocation),
    ...temporalOnPath(host, invocation.home),
  };
}

/** An instance that this command started, for which no namespaces are declared, gets the selected one if it lacks it. */
async function selected(context: CommandContext, status: Status): Promise<Status> {
  const { invocation } = context;
  const { namespace, requested } = invocation;
  try {
    return await selectNamespace(context, status);
  } catch (error) {
    const isOurs = status.reused !== true && requested.namespaces === undefined && namespace !== null;
    if (!isOurs || !(error instanceof LocalError) || error.code !== "namespace-missing") throw error;
    const declared = (status.namespaces ?? []).filter((name) => name !== "default");
    const { bringUp } = await import("../client/bring_up.ts");
    const asked = { ...requested, namespaces: [...declared, namespace] };
    return { ...await bringUp({ ...context, invocation: { ...invocation, requested: asked } }), namespace };
  }
}
