import type { Command } from "../cli/context.ts";
import { selectNamespace } from "../cli/select_namespace.ts";
import { currentStatus, showStatus } from "../client/current_status.ts";

/** Shows the state of Temporal, checked layer by layer. */
export const status: Command = (context) =>
  showStatus(context, async () => await selectNamespace(context, await currentStatus(context)));
