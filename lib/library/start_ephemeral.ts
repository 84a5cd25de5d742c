import type { Status } from "../core/status.ts";
import type { CommandContext } from "../commands/context.ts";
import { bringUpEphemeral } from "../commands/ephemeral_order.ts";
import { recruitEphemeral } from "../supervisor/recruit_ephemeral.ts";

/** An instance that is this process' own, with a supervisor in a process of its own. */
export interface Ephemeral {
  home: string;
  /** What it was when it began to serve. */
  status: Status;
  /** Whether its supervisor has ended, and the runtime knows. */
  hasEnded(): boolean;
}

/**
 * Starts an instance for this process, and resolves when it serves. Its supervisor ends it when this process is gone.
 * Not supervised here, as `run --ephemeral` does it: this process is somebody else's, whose event loop may stand still for
 * long, and who looks for timers and sockets that he did not open.
 *
 * @throws {LocalError} what `start` throws
 */
export async function startEphemeral(context: CommandContext): Promise<Ephemeral> {
  return await bringUpEphemeral(context, async (order, timeoutMs) => {
    let isOver = false;
    const onSpawn = (exited: Promise<unknown>) => void exited.then(() => isOver = true);
    const status = await recruitEphemeral(context.host, order, { timeoutMs, onSpawn });
    return { home: order.home, status, hasEnded: () => isOver };
  });
}
