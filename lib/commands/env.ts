import { type EnvironmentFormat, renderEnvironment, variablesSet } from "../core/client_environment.ts";
import type { Command, CommandContext } from "./context.ts";
import { instanceEnvironment } from "./instance_environment.ts";
import { currentStatus } from "./status.ts";

/** Prints the variables of the instance, also of one that does not run: a shell's start file may call this. */
export const env: Command = async (context) => {
  const format = environmentFormat(context);
  const variables = instanceEnvironment(context.host, await currentStatus(context));
  await context.answer(variablesSet(variables), () => renderEnvironment(variables, format));
  return 0;
};

/** How the variables are to be written. */
export function environmentFormat({ host, invocation: { own } }: CommandContext): EnvironmentFormat {
  if (own["dotenv"] === true) return "dotenv";
  const shell = own["shell"] ?? host.env["SHELL"]?.split("/").at(-1);
  return shell === "fish" ? "fish" : "sh";
}
