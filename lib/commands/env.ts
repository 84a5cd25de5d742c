import type { Command } from "../cli/context.ts";
import { selectNamespace } from "../cli/select_namespace.ts";
import { currentStatus } from "../client/current_status.ts";
import { answerEnvironment } from "../environment/client_environment.ts";
import { instanceEnvironment } from "../environment/instance_environment.ts";

/** Prints the variables of the instance, even if it is not running, so that a shell's startup file can call this. */
export const env: Command = async (context) => {
  const status = await selectNamespace(context, await currentStatus(context));
  const reach = status.checks.find(({ name, ok }) => name === "reach" && !ok);
  if (reach !== undefined) await context.tell(`warning: ${reach.detail}`);
  await answerEnvironment(context, instanceEnvironment(context.host, status));
  return 0;
};
