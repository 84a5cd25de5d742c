import { rmSync } from "node:fs";
import { stopUnsupervised } from "../client/stop_unsupervised.ts";
import { createInstance, type LaunchRequest } from "../instance/context.ts";
import { findTemporal } from "../instance/find_temporal.ts";
import { instancePaths } from "../instance/paths.ts";
import type { Host } from "../platform/runtime/host.ts";
import { terminate } from "../process/terminate.ts";
import { isOwnFolder } from "./ephemeral_home.ts";

/**
 * Ends what is left of an ephemeral instance whose owner is gone, and removes its home. That may be gone before, with the
 * whole temporary folder: then there is no lock that anybody could hold, and the one that was deleted proves Temporal.
 *
 * @throws {LocalError} `stop-failed`, `lock-failed`, `supervisor-unresponsive`
 */
export async function cleanUpEphemeral(host: Host, launchRequest: LaunchRequest): Promise<void> {
  const { home } = launchRequest;
  const isThere = () => isOwnFolder(home, host.uid);
  if (isThere()) {
    try {
      if (await stopUnsupervised(host, home, 0, false) === null) return; // somebody else's by now
    } catch (error) {
      if (isThere()) throw error;
    }
  }
  if (isThere()) return rmSync(home, { recursive: true, force: true });
  const instance = createInstance(host, launchRequest, null);
  const { temporal } = findTemporal(instancePaths(home), instance.processes);
  if (temporal === null) return;
  await terminate(instance, { pgid: temporal.pgid, leaderStartTime: temporal.leader?.startTime ?? null }, 0);
}
