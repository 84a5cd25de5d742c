import { currentStatus, showStatus } from "./current_status.ts";
import type { Command } from "./context.ts";

/** Shows what runs, with the evidence for it. */
export const status: Command = (context) => showStatus(context, () => currentStatus(context));
