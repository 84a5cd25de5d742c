import { columnsOf, type Command, type CommandContext, processLines } from "../cli/context.ts";
import { bringUp } from "../client/bring_up.ts";
import { renderCard } from "../instance/status/render_status.ts";
import type { Status } from "../instance/status/status.ts";
import { wrapAfter } from "../text/wrap.ts";

/** Starts the instance, or reuses the running one. */
export const start: Command = async (context) => {
  const { commandOptions } = context.invocation;
  if (commandOptions["foreground"] === true) return (await import("./start_foreground.ts")).startForeground(context);
  const status = await bringUp(context);
  const card = await cardOf(context, status);
  await context.answer(status, () => card + nextStep(context, status));
  return 0;
};

/** What a start prints: the card, and a line for each process beside Temporal. */
export async function cardOf(context: CommandContext, status: Status): Promise<string> {
  const lines = await processLines(context, status);
  return [renderCard(status, context.paint), ...lines.map((line) => `${line}\n`)].join("");
}

/** What a person does next, after the start that launched Temporal; empty for scripts. */
function nextStep(context: CommandContext, { state, reused, uiUrl }: Status): string {
  const { host, typed, paint } = context;
  if (!host.isTerminal("stdout") || state !== "running" || reused === true) return "";
  const isFish = host.env["SHELL"]?.endsWith("/fish") === true;
  const connect = isFish ? "`stigmer-local env | source`" : '`eval "$(stigmer-local env)"`';
  const open = uiUrl === null ? "" : ", `stigmer-local ui` opens the Web UI";
  const lines = wrapAfter(
    `  ${"Next".padEnd(10)} `,
    typed.inText(`${connect} connects this shell${open}`),
    columnsOf(context),
  );
  return lines.map((line) => `${line.replace("Next", paint.dim)}\n`).join("");
}
