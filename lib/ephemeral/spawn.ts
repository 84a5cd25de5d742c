import { closeSync } from "node:fs";
import { dirname } from "node:path";
import {
  LAST_WORDS_BYTES,
  POLL_MS,
  spawnSupervisor,
  startupError,
  statusFromSupervisor,
} from "../client/spawn_supervisor.ts";
import { lateStart } from "../control/late_start.ts";
import { askLong, type LongAnswer, within } from "../control/request.ts";
import { type Failure, isFailure } from "../errors/failure.ts";
import { notReady } from "../errors/not_ready.ts";
import { orNull } from "../errors/system_error.ts";
import { type LaunchRequest, NO_HOME_EXIT } from "../instance/context.ts";
import type { Status } from "../instance/status/status.ts";
import { readTailOf } from "../logs/read_tail.ts";
import { openUnlinked } from "../platform/files/unlinked_file.ts";
import { delay } from "../platform/runtime/delay.ts";
import type { Host } from "../platform/runtime/host.ts";
import { signalChild } from "../platform/spawn/signal_child.ts";
import type { DetachedProcess } from "../platform/spawn/spawn_detached.ts";
import { parseJson } from "../text/json_value.ts";
import type { ProcessExit } from "../platform/spawn/spawn_options.ts";
import { homeNotMade, isOwnFolder } from "../supervisor/ephemeral_home.ts";

/** An ephemeral instance with a supervisor process, ready. */
export interface SpawnedEphemeral {
  /** Its status when it became ready. */
  status: Status;
  /** Resolves when the supervisor exits. */
  exited: Promise<ProcessExit>;
}

/** How long to wait for a late supervisor to exit, in ms; it exits with this process at the latest. */
const END_MS = 5000;

/**
 * Spawns the supervisor of an ephemeral instance, and waits until Temporal is ready. The supervisor creates the home,
 * so that it can delete it whenever this process is killed. After a failure nothing of the instance keeps running.
 *
 * @param timeoutMs Timeout for Temporal to become ready.
 * @throws {LocalError} what the supervisor reported, `timeout`, `home-unusable`, `launch-failed`, `stop-failed`
 */
export async function spawnEphemeral(
  host: Host,
  launchRequest: LaunchRequest,
  timeoutMs: number,
): Promise<SpawnedEphemeral> {
  const giveUpAt = performance.now() + timeoutMs;
  const { home } = launchRequest;
  const output = orNull(() => openUnlinked(dirname(home))); // the log is deleted with the home
  if (output === null) throw homeNotMade(home);
  let supervisor: DetachedProcess | null = null;
  try {
    supervisor = await spawnSupervisor(host, launchRequest, { cwd: dirname(home), output, pass: [] });
    for (;;) {
      const remainingMs = Math.max(1, giveUpAt - performance.now());
      const answer: LongAnswer = isOwnFolder(home, host.uid) // until then, it may be another user's who listens there
        ? await askLong(host, home, { method: "GET", path: "/wait" }, remainingMs)
        : { kind: "absent" };
      if (answer.kind === "answer") return { status: statusFromSupervisor(answer), exited: supervisor.exited };
      if (supervisor.exit?.code === NO_HOME_EXIT) throw homeNotMade(home);
      if (supervisor.exit !== null) {
        const lastWords = readTailOf(output, 0, LAST_WORDS_BYTES);
        throw startupError(supervisor.exit, failureIn(lastWords), lastWords, null);
      }
      if (answer.kind === "late" || performance.now() > giveUpAt) {
        const hint = "Raise the timeout";
        const late = notReady(timeoutMs, hint);
        throw isOwnFolder(home, host.uid) ? await lateStart(host, home, timeoutMs, late, hint) : late;
      }
      await delay(POLL_MS);
    }
  } catch (error) {
    if (supervisor !== null) await end(host, launchRequest, supervisor);
    throw error;
  } finally {
    closeSync(output);
  }
}

/** The failure that a supervisor printed as its last line; see `supervisor/main.ts`. */
function failureIn(output: string): Failure | null {
  const value = parseJson(output.trimEnd().split("\n").at(-1) ?? "");
  return isFailure(value) ? value : null;
}

/** Stops the supervisor, and the Temporal that a killed or hung supervisor leaves behind. */
async function end(host: Host, launchRequest: LaunchRequest, supervisor: DetachedProcess): Promise<void> {
  for (const signal of ["SIGTERM", "SIGCONT"] as const) signalChild(supervisor, signal);
  await within(host, supervisor.exited, END_MS);
  const { cleanUpEphemeral } = await import("../supervisor/ephemeral_cleanup.ts");
  await cleanUpEphemeral(host, launchRequest);
}
