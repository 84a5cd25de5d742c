import { environmentFormat } from "./environment_format.ts";
import { renderEnvironment, variablesSet } from "../core/client_environment.ts";
import type { Command } from "./context.ts";
import { instanceEnvironment } from "./instance_environment.ts";
import { currentStatus } from "./current_status.ts";

/** Prints the variables of the instance, also of one that does not run: a shell's start file may call this. */
export const env: Command = async (context) => {
  const format = environmentFormat(context);
  const variables = instanceEnvironment(context.host, await currentStatus(context));
  await context.answer(variablesSet(variables), () => renderEnvironment(variables, format));
  return 0;
};
