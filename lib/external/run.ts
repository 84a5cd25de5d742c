import type { Command, CommandContext } from "../cli/context.ts";
import { requireOperands, runIn } from "../client/run_command.ts";
import { renderEnvironment, variablesSet } from "../environment/client_environment.ts";
import { environmentFormat } from "../environment/environment_format.ts";
import { externalEnvironment, isSecretVariable } from "./environment.ts";
import { verified } from "./start.ts";
import { type ExternalTarget, externalTarget } from "./target.ts";

/** Runs a command that finds the Temporal in its environment which is not ours, once that can be used. */
export const runExternal: Command = async (context) => {
  requireOperands(context);
  const target = await externalTarget(context);
  await verified(context, target);
  return await runIn(context, environmentOf(context, target));
};

/**
 * Prints the variables of the Temporal that is not ours, without a look whether it is there. Secrets are for programs: on
 * a terminal, where others look on and nothing reads them, they are left out.
 */
export const envExternal: Command = async (context) => {
  const { host } = context;
  const format = environmentFormat(context);
  const variables = environmentOf(context, await externalTarget(context));
  const isShown = host.isTerminal("stdout");
  const left = isShown
    ? Object.keys(variables).filter((name) => variables[name] !== null && isSecretVariable(name))
    : [];
  const shown = Object.fromEntries(Object.entries(variables).filter(([name]) => !left.includes(name)));
  await context.answer(variablesSet(shown), () => renderEnvironment(shown, format));
  if (left.length > 0) await context.tell(`${left.join(", ")}: not shown on a terminal; eval and pipes get it`);
  return 0;
};

function environmentOf({ host }: CommandContext, { external, material, profile }: ExternalTarget) {
  return externalEnvironment(external, material.apiKey?.reveal() ?? null, host.env, profile);
}
