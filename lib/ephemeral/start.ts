import type { CommandContext } from "../cli/context.ts";
import { bringUpEphemeral } from "./launch_request.ts";
import { type SpawnedEphemeral, spawnEphemeral } from "./spawn.ts";

/** An ephemeral instance with a supervisor process. */
export interface Ephemeral extends SpawnedEphemeral {
  home: string;
  /** Where its logs are kept when it ends; null = nowhere. */
  logsDir: string | null;
}

/**
 * Starts an ephemeral instance, and resolves when it is ready. Its supervisor stops it when this process exits. Unlike
 * `run --ephemeral`, it is not supervised in this process, which is the caller's: the event loop may be blocked for
 * long, and a test runner may report timers and sockets left open.
 *
 * @param logsDir See {@linkcode Ephemeral.logsDir}.
 * @throws {LocalError} the errors of `start`
 */
export async function startEphemeral(context: CommandContext, logsDir: string | null): Promise<Ephemeral> {
  return await bringUpEphemeral(context, logsDir, async (launchRequest, timeoutMs) => ({
    home: launchRequest.home,
    logsDir,
    ...await spawnEphemeral(context.host, launchRequest, timeoutMs),
  }));
}
