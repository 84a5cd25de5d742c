import { type EnvironmentFormat, renderEnvironment, variablesSet } from "../core/client_environment.ts";
import { LocalError } from "../core/local_error.ts";
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

/**
 * How the variables are to be written.
 *
 * @throws {LocalError} `usage`
 */
export function environmentFormat({ host, invocation: { own } }: CommandContext): EnvironmentFormat {
  if (own["dotenv"] === true) return "dotenv";
  const asked = own["shell"];
  const name = typeof asked === "string" ? asked : host.env["SHELL"]?.split("/").at(-1) ?? "sh";
  if (name === "fish") return "fish";
  if (asked === undefined || ["sh", "bash", "zsh", "dash", "ksh"].includes(name)) return "sh";
  throw new LocalError("usage", `--shell takes sh, bash, zsh or fish: \`${name}\` was given`);
}
