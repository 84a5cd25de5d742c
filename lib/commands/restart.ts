import { type Command, processLines } from "../cli/context.ts";
import { bringUp } from "../client/bring_up.ts";
import { renderCard } from "../instance/status/render_status.ts";

/** Restarts Temporal with its current settings and those given now. Starts it if it is not running. */
export const restart: Command = async (context) => {
  const status = await bringUp(context, "restart");
  const lines = await processLines(context, status);
  await context.answer(status, () => [renderCard(status, context.paint), ...lines.map((line) => `${line}\n`)].join(""));
  return 0;
};
