import { statusOrThrow } from "../control/client.ts";
import type { LongAnswer } from "../control/request.ts";
import { type Failure, fromFailure, START_STOPPED } from "../errors/failure.ts";
import { LocalError } from "../errors/local_error.ts";
import type { LaunchRequest } from "../instance/context.ts";
import type { Status } from "../instance/status/status.ts";
import type { Host } from "../platform/runtime/host.ts";
import { type DetachedProcess, spawnDetached } from "../platform/spawn/spawn_detached.ts";
import type { ProcessExit } from "../platform/spawn/spawn_options.ts";
import { supervisorCommand } from "./supervisor_command.ts";

/** How much of the end of its output is read, in bytes. */
export const LAST_WORDS_BYTES = 16 * 1024;
/** How often a new supervisor is asked until it listens, in ms. */
export const POLL_MS = 5;

/**
 * Spawns the supervisor that `launchRequest` describes.
 *
 * @param place.output Descriptor for its output before it opens its log, and for crashes.
 * @param place.pass Descriptors that it inherits as 3, 4 …
 * @throws {LocalError} `launch-failed`
 */
export async function spawnSupervisor(
  host: Host,
  launchRequest: LaunchRequest,
  { output, ...place }: { cwd: string; output: number; pass: readonly number[] },
): Promise<DetachedProcess> {
  const command = supervisorCommand(host, launchRequest);
  return await spawnDetached({ ...command, ...place, stdin: "null", stdout: output, stderr: output });
}

/**
 * The status in the answer of a supervisor that this process spawned. `reused` only if Temporal was adopted.
 *
 * @throws {LocalError} why the start failed
 */
export function statusFromSupervisor({ response }: Extract<LongAnswer, { kind: "answer" }>): Status {
  const status = statusOrThrow(response);
  if (status.state === "failed" && status.failure !== undefined) throw fromFailure(status.failure);
  return { ...status, reused: status.temporal?.adopted === true };
}

/**
 * Why a supervisor exited before it answered.
 *
 * @param failure The failure that it recorded, if any.
 * @param lastWords The end of its output.
 * @param log Path of its log; null if there is none.
 */
export function startupError(
  exit: ProcessExit,
  failure: Failure | null,
  lastWords: string,
  log: string | null,
): LocalError {
  if (exit.code === 0) return fromFailure(START_STOPPED);
  if (failure !== null) return fromFailure(failure);
  return new LocalError(
    "launch-failed",
    `The supervisor exited during startup (${exit.signal ?? `exit code ${exit.code}`})`,
    {
      ...(log === null ? {} : { hint: `See ${log}` }),
      facts: { ...exit, lastWords: lastWords.trimEnd().split("\n").slice(-5), log },
    },
  );
}
