import type { Command } from "../cli/context.ts";
import { bringUp } from "../client/bring_up.ts";
import { renderCard } from "../instance/status/render_status.ts";

/** Brings the instance up, or reuses it. */
export const start: Command = async (context) => {
  const { commandOptions } = context.invocation;
  if (commandOptions["foreground"] === true) return (await import("./start_foreground.ts")).startForeground(context);
  const status = await bringUp(context);
  await context.answer(status, () => renderCard(status, context.paint));
  return 0;
};
