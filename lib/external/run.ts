import type { Command, CommandContext } from "../cli/context.ts";
import { requireOperands, runIn } from "../client/run_command.ts";
import { needsServer } from "../config/cli_args.ts";
import { answerEnvironment } from "../environment/client_environment.ts";
import { toolEnvironment } from "../environment/tool_environment.ts";
import { externalEnvironment, isSecretVariable } from "./environment.ts";
import { verified } from "./start.ts";
import { externalTarget } from "./target.ts";

/** Runs a command with the external Temporal in its environment, after checking that it is usable. */
export const runExternal: Command = async (context) => {
  requireOperands(context);
  return await runConnected(context, context.invocation.operands);
};

/** Runs the binary that the next launch in this home would run, connected to the external Temporal. */
export const temporalExternal: Command = async (context) => {
  const { operands } = context.invocation;
  const { binaryToRun } = await import("../client/launch_request.ts");
  const words = [await binaryToRun(context), ...operands];
  return needsServer(operands) ? await runConnected(context, words) : await runIn(context, {}, words);
};

async function runConnected(context: CommandContext, words: readonly string[]): Promise<number> {
  const target = await externalTarget(context);
  await verified(context, target);
  const { host, invocation } = context;
  return await runIn(context, { ...externalEnvironment(target, host.env), ...toolEnvironment(invocation) }, words);
}

/**
 * Prints the variables of the external Temporal without checking the connection. Omits secrets on a terminal, where no
 * program reads them and other people may see them.
 */
export const envExternal: Command = async (context) => {
  const { host } = context;
  const variables = externalEnvironment(await externalTarget(context), host.env);
  const isSecret = (name: string) => variables[name] !== null && isSecretVariable(name);
  const omitted = host.isTerminal("stdout") ? Object.keys(variables).filter(isSecret) : [];
  const shown = Object.fromEntries(Object.entries(variables).filter(([name]) => !omitted.includes(name)));
  await answerEnvironment(context, shown);
  if (omitted.length > 0) await context.tell(`Not shown on a terminal, only to eval and pipes: ${omitted.join(", ")}`);
  return 0;
};
