import type { CommandContext } from "../cli/context.ts";
import { bringUpEphemeral } from "./launch_request.ts";
import { type SpawnedEphemeral, spawnEphemeral } from "./spawn.ts";

/** An instance that is this process' own, with a supervisor in a process of its own. */
export interface Ephemeral extends SpawnedEphemeral {
  home: string;
}

/**
 * Starts an instance for this process, and resolves when it serves. Its supervisor ends it when this process is gone.
 * Not supervised here, as `run --ephemeral` does it: this process is somebody else's, whose event loop may stand still for
 * long, and who looks for timers and sockets that he did not open.
 *
 * @throws {LocalError} what `start` throws
 */
export async function startEphemeral(context: CommandContext): Promise<Ephemeral> {
  return await bringUpEphemeral(context, async (launchRequest, timeoutMs) => ({
    home: launchRequest.home,
    ...await spawnEphemeral(context.host, launchRequest, timeoutMs),
  }));
}
