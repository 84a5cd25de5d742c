import type { Command } from "../cli/context.ts";
import { currentStatus, showStatus } from "../client/current_status.ts";

/** Shows what runs, with the evidence for it. */
export const status: Command = (context) => showStatus(context, () => currentStatus(context));
