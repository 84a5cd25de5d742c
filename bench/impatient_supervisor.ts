/**
 * The real supervisor without a delay between restarts: with the default backoff, 200 crashes in a row would take more
 * than an hour. Takes its launch request as `lib/supervisor/main.ts` does, but takes the lock itself.
 *
 * @module
 */
import process from "node:process";
import { createInstance, type LaunchRequest } from "../lib/instance/context.ts";
import { instancePaths } from "../lib/instance/paths.ts";
import { tryLock } from "../lib/platform/locks/lock_file.ts";
import { currentHost } from "../lib/platform/runtime/current_host.ts";
import { runSupervisor } from "../lib/supervisor/run.ts";

async function main(): Promise<void> {
  const host = await currentHost();
  const launchRequest = JSON.parse(host.args[0] ?? "") as LaunchRequest;
  const paths = instancePaths(launchRequest.home);
  const lock = await tryLock(paths.supervisorLock);
  if (lock === null) throw new Error("the lock is held");
  const policy = { ...launchRequest.policy, restartMaxDelayS: 0.001, maxRestarts: 0 };
  const instance = createInstance(host, { ...launchRequest, policy }, paths.supervisorLog);
  await runSupervisor(instance, launchRequest, lock, new AbortController().signal);
}

main().then(() => process.exit(0), (error: unknown) => {
  console.error(error);
  process.exit(1);
});
