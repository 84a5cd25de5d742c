import type { Command } from "../cli/context.ts";
import { bringUp } from "../client/bring_up.ts";
import { cardOf } from "./start.ts";

/** Restarts Temporal with its current settings and those given now. Starts it if it is not running. */
export const restart: Command = async (context) => {
  const status = await bringUp(context, "restart");
  const card = await cardOf(context, status);
  await context.answer(status, () => card);
  return 0;
};
