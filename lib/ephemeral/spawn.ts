import { closeSync } from "node:fs";
import { dirname } from "node:path";
import {
  LAST_WORDS_BYTES,
  spawnSupervisor,
  startupError,
  statusFromSupervisor,
  waitForSupervisor,
} from "../client/spawn_supervisor.ts";
import { within } from "../control/request.ts";
import { type Failure, isFailure } from "../errors/failure.ts";
import { LocalError, systemErrorCode } from "../errors/local_error.ts";
import { type LaunchRequest, NO_HOME_EXIT } from "../instance/context.ts";
import type { Status } from "../instance/status/status.ts";
import { readTailOf } from "../logs/read_tail.ts";
import { openUnlinked } from "../platform/files/unlinked_file.ts";
import type { Host } from "../platform/runtime/host.ts";
import { signalChild } from "../platform/spawn/signal_child.ts";
import type { DetachedProcess } from "../platform/spawn/spawn_detached.ts";
import type { ProcessExit } from "../platform/spawn/spawn_options.ts";
import { homeNotMade, isOwnFolder } from "../supervisor/ephemeral_home.ts";

/** A supervisor whose Temporal serves. */
export interface SpawnedEphemeral {
  /** What it was when it began to serve. */
  status: Status;
  /** Resolves at the end of its process: until then the runtime has a child. */
  exited: Promise<ProcessExit>;
}

/** What the end of one that is too late may take, in ms; it ends by itself at the latest with this process. */
const END_MS = 5000;

/**
 * Spawns the supervisor of an instance that is for this process alone, and waits until Temporal serves. The supervisor makes
 * the home, which is not there yet: whenever this process is killed, somebody is there to remove what was made. When it
 * fails, nothing of the instance goes on.
 *
 * @param timeoutMs For Temporal to serve.
 * @throws {LocalError} what the supervisor told, `timeout`, `home-unusable`, `launch-failed`, `stop-failed`
 */
export async function spawnEphemeral(
  host: Host,
  launchRequest: LaunchRequest,
  timeoutMs: number,
): Promise<SpawnedEphemeral> {
  const giveUpAt = performance.now() + timeoutMs;
  const words = openWords(launchRequest.home); // its log is gone with its home
  let supervisor: DetachedProcess | null = null;
  try {
    supervisor = await spawnSupervisor(host, launchRequest, {
      cwd: dirname(launchRequest.home),
      output: words,
      pass: [],
    });
    for (;;) {
      const isHomeThere = () => isOwnFolder(launchRequest.home, host.uid);
      const answer = await waitForSupervisor(host, launchRequest, supervisor, "/wait", giveUpAt, isHomeThere);
      if (answer.kind === "answer") return { status: statusFromSupervisor(answer), exited: supervisor.exited };
      if (supervisor.exit?.code === NO_HOME_EXIT) throw homeNotMade(launchRequest.home);
      if (supervisor.exit !== null) {
        const said = readTailOf(words, 0, LAST_WORDS_BYTES);
        throw startupError(supervisor.exit, failureIn(said), said, null);
      }
      if (answer.kind === "late" || performance.now() > giveUpAt) {
        throw new LocalError("timeout", `Temporal does not serve after ${timeoutMs / 1000} s`, {
          hint: "Give it more time",
        });
      }
    }
  } catch (error) {
    if (supervisor !== null) await end(host, launchRequest, supervisor);
    throw error;
  } finally {
    closeSync(words);
  }
}

function openWords(home: string): number {
  try {
    return openUnlinked(dirname(home));
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    throw homeNotMade(home);
  }
}

/** The reason that a supervisor gave as the last line of what it said; see `main.ts`. */
function failureIn(words: string): Failure | null {
  try {
    const value: unknown = JSON.parse(words.trimEnd().split("\n").at(-1) ?? "");
    return isFailure(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** One that was killed, or hangs, leaves a Temporal behind. */
async function end(host: Host, launchRequest: LaunchRequest, supervisor: DetachedProcess): Promise<void> {
  for (const signal of ["SIGTERM", "SIGCONT"] as const) signalChild(supervisor, signal);
  await within(host, supervisor.exited, END_MS);
  const { cleanUpEphemeral } = await import("../supervisor/ephemeral_cleanup.ts");
  await cleanUpEphemeral(host, launchRequest);
}
