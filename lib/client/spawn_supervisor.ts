import { statusOrThrow } from "../control/client.ts";
import { askPatiently, type LongAnswer } from "../control/request.ts";
import { daemonEnvironment } from "../environment/daemon_environment.ts";
import { type Failure, fromFailure, START_STOPPED } from "../errors/failure.ts";
import { LocalError } from "../errors/local_error.ts";
import type { LaunchRequest } from "../instance/context.ts";
import type { Status } from "../instance/status/status.ts";
import { delay } from "../platform/runtime/delay.ts";
import type { Host } from "../platform/runtime/host.ts";
import { type DetachedProcess, spawnDetached } from "../platform/spawn/spawn_detached.ts";
import type { ProcessExit } from "../platform/spawn/spawn_options.ts";
import { supervisorCommand } from "./supervisor_command.ts";

/** Where a supervisor begins. */
export interface SupervisorSpawnOptions {
  cwd: string;
  /** Our descriptor for what it says before it has a log, and when it dies. */
  output: number;
  /** Our descriptors that become its 3, 4 … */
  pass: readonly number[];
}

/** As much of what it said last is looked at, in bytes. */
export const LAST_WORDS_BYTES = 16 * 1024;
/** The pause between two tries to reach it, in ms. */
const POLL_MS = 5;

/**
 * Spawns the supervisor of `order`.
 *
 * @throws {LocalError} `launch-failed`
 */
export async function spawnSupervisor(
  host: Host,
  launchRequest: LaunchRequest,
  place: SupervisorSpawnOptions,
): Promise<DetachedProcess> {
  const { command, args, env } = supervisorCommand(host);
  return await spawnDetached({
    command,
    args: [...args, JSON.stringify(launchRequest)],
    cwd: place.cwd,
    env: { ...daemonEnvironment(host.env), ...env },
    stdin: "null",
    stdout: place.output,
    stderr: place.output,
    pass: place.pass,
  });
}

/**
 * Asks until there is an answer: `absent` when it has ended.
 *
 * @param path `/wait` until Temporal serves, `/status` at once.
 * @param isHomeThere Nobody is asked before.
 */
export async function waitForSupervisor(
  host: Host,
  { home }: LaunchRequest,
  supervisor: DetachedProcess,
  path: "/wait" | "/status",
  giveUpAt: number,
  isHomeThere: () => boolean = () => true,
): Promise<LongAnswer> {
  for (;;) {
    const remainingMs = Math.max(1, giveUpAt - performance.now());
    const answer: LongAnswer = isHomeThere()
      ? await askPatiently(host, home, { method: "GET", path }, remainingMs)
      : { kind: "absent" };
    if (answer.kind !== "absent" || supervisor.exit !== null) return answer;
    if (performance.now() > giveUpAt) return { kind: "late" };
    await delay(POLL_MS);
  }
}

/**
 * The status in the answer of one that we spawned: what runs now was not there before, unless it was adopted.
 *
 * @throws {LocalError} why it failed, which only those who did not wait for it can see in a status
 */
export function statusFromSupervisor({ response }: Extract<LongAnswer, { kind: "answer" }>): Status {
  const status = statusOrThrow(response);
  if (status.state === "failed" && status.failure !== undefined) throw fromFailure(status.failure);
  return { ...status, reused: status.temporal?.adopted === true };
}

/**
 * Why a supervisor exited before it answered.
 *
 * @param failure What it left behind as the reason, if it did.
 * @param lastWords The end of what it wrote.
 * @param log Where more of that is; null when there is no more.
 */
export function startupError(
  exit: ProcessExit,
  failure: Failure | null,
  lastWords: string,
  log: string | null,
): LocalError {
  if (exit.code === 0) return fromFailure(START_STOPPED);
  if (failure !== null) return fromFailure(failure);
  return new LocalError("launch-failed", `The supervisor ended at once (${exit.signal ?? `exit ${exit.code}`})`, {
    ...(log === null ? {} : { hint: `Look at ${log}` }),
    facts: { ...exit, lastWords: lastWords.trimEnd().split("\n").slice(-5), log },
  });
}
