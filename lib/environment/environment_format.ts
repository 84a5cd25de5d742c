import type { CommandContext } from "../cli/context.ts";
import type { EnvironmentFormat } from "./client_environment.ts";

/** The syntax to print variables in: what `--dotenv` or `--shell` says, else that of $SHELL. */
export function environmentFormat({ host, invocation: { commandOptions } }: CommandContext): EnvironmentFormat {
  if (commandOptions["dotenv"] === true) return "dotenv";
  const shell = commandOptions["shell"] ?? host.env["SHELL"]?.split("/").at(-1);
  return shell === "fish" ? "fish" : "sh";
}
