import type { Command } from "../cli/context.ts";
import { showStatus } from "../client/current_status.ts";
import { externalTarget, lookAtExternal } from "./target.ts";

/** For the connection, and for the answers, in ms. */
const TIMEOUT_MS = 5_000;

/** Shows how the Temporal is that is not ours. */
export const statusExternal: Command = async (context) => {
  const target = await externalTarget(context);
  return await showStatus(context, () => lookAtExternal(context, target, TIMEOUT_MS));
};
