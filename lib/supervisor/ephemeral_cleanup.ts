import { rmSync } from "node:fs";
import { stopUnsupervised } from "../client/stop_unsupervised.ts";
import { createInstance, type LaunchRequest } from "../instance/context.ts";
import { findProcess } from "../instance/find_process.ts";
import { instancePaths, processPaths } from "../instance/paths.ts";
import { removeEntry } from "../instance/registry/registry.ts";
import type { Host } from "../platform/runtime/host.ts";
import { targetOf, terminate } from "../process/terminate.ts";
import { isOwnFolder, keepLogs } from "./ephemeral_home.ts";

/**
 * Stops an ephemeral instance whose owner has exited, keeps its logs if that was requested, and deletes its home. If the
 * home was deleted before, e.g. with the whole temporary folder, no process can lock it, and the deleted lock files
 * identify Temporal and the processes beside it.
 *
 * @throws {LocalError} `stop-failed`, `lock-failed`, `supervisor-unresponsive`
 */
export async function cleanUpEphemeral(host: Host, launchRequest: LaunchRequest): Promise<void> {
  const { home } = launchRequest;
  const homeExists = () => isOwnFolder(home, host.uid);
  if (homeExists()) {
    try {
      if (await stopUnsupervised(host, home, 0, false) === null) return; // another process has taken it over
    } catch (error) {
      if (homeExists()) throw error;
    }
  }
  const wasThere = homeExists();
  if (wasThere) {
    const logsDir = launchRequest.ephemeralFor?.logsDir;
    if (logsDir !== undefined) keepLogs(instancePaths(home), logsDir);
    rmSync(home, { recursive: true, force: true });
  }
  removeEntry(host, home);
  if (wasThere) return;
  const instance = createInstance(host, launchRequest, null);
  const paths = instancePaths(home);
  const all = [...(launchRequest.processes ?? []).map(({ name }) => processPaths(paths, name)), paths];
  for (const { found } of all.map((each) => findProcess(each, instance.processes))) {
    if (found === null) continue;
    await terminate(instance, targetOf(found), 0);
  }
}
