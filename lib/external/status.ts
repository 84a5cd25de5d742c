import type { Command } from "../cli/context.ts";
import { showStatus } from "../client/current_status.ts";
import { externalTarget, lookAtExternal } from "./target.ts";

/** For connecting, and again for the answers, in ms. */
const TIMEOUT_MS = 5_000;

/** Shows the state of the external Temporal. */
export const statusExternal: Command = async (context) => {
  const target = await externalTarget(context);
  return await showStatus(context, () => lookAtExternal(context, target, TIMEOUT_MS));
};
