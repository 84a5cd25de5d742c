import type { Command } from "../cli/context.ts";
import { bringUp } from "../client/bring_up.ts";
import { renderCard } from "../instance/status/render_status.ts";

/** Starts the instance, or reuses the running one. */
export const start: Command = async (context) => {
  const { commandOptions } = context.invocation;
  if (commandOptions["foreground"] === true) return (await import("./start_foreground.ts")).startForeground(context);
  const status = await bringUp(context);
  await context.answer(status, () => renderCard(status, context.paint));
  return 0;
};
