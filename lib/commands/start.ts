import { bringUp } from "./bring_up.ts";
import { renderCard } from "../core/render_status.ts";
import type { Command } from "./context.ts";

/** Brings the instance up, or reuses it. */
export const start: Command = async (context) => {
  const { own } = context.invocation;
  if (own["foreground"] === true) return (await import("./start_foreground.ts")).startForeground(context);
  const status = await bringUp(context);
  await context.answer(status, () => renderCard(status, context.paint));
  return 0;
};
