import { closeSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { daemonEnvironment } from "../core/daemon_environment.ts";
import { fromFailure, START_STOPPED } from "../core/failure.ts";
import { LocalError } from "../core/local_error.ts";
import { instancePaths } from "../core/instance_paths.ts";
import type { Status } from "../core/status.ts";
import type { Host } from "../system/host.ts";
import { prepareHome } from "../system/home.ts";
import { type LockFile, tryLock } from "../system/lock_file.ts";
import { makeFolder } from "../system/make_folder.ts";
import { openLog } from "../system/open_log.ts";
import { pause } from "../system/pause.ts";
import { readTail } from "../system/read_tail.ts";
import { type ProcessExit, spawnDetached } from "../system/spawn_detached.ts";
import { askPatiently, askStart, isLeaving, type LongAnswer } from "./ask_start.ts";
import { statusOrThrow } from "./control_client.ts";
import { homeNotMade, isOwnFolder } from "./ephemeral_home.ts";
import { DEPOSED_EXIT, HOMELESS_EXIT, type SupervisorOrder } from "./instance.ts";
import { readOutcome } from "./outcome.ts";
import { supervisorCommand } from "./self_command.ts";

/** How the wait for a supervisor goes. */
export interface RecruitOptions {
  /** For everything, in ms. */
  timeoutMs: number;
  /** Return as soon as the supervisor answers, without waiting for Temporal. */
  noWait: boolean;
  /** Called before a supervisor is spawned, or one that is there is asked: from then on it goes on without us. */
  onHandOver?: () => void;
  /** Gets the end of the supervisor's process when we are its parent: until then the runtime has a child. */
  onSpawn?: (exited: Promise<ProcessExit>) => void;
  /** Once it aborts, no supervisor is spawned any more. */
  signal?: AbortSignal;
}

/** The pause between two tries to reach a supervisor that is coming up, in ms. */
const POLL_MS = 5;
/** The same for one that somebody else starts. */
const LOSER_POLL_MS = 25;

/**
 * Sees to it that the instance has a supervisor, and waits until Temporal serves: takes `supervisor.lock` and hands it
 * to a supervisor that it spawns, or, when another process has the lock, waits for that one.
 *
 * @throws {LocalError} what the supervisor told, `timeout`, `home-unusable`, `lock-failed`
 * @throws the reason of `options.signal`
 */
export async function recruit(host: Host, order: SupervisorOrder, options: RecruitOptions): Promise<Status> {
  const giveUpAt = performance.now() + options.timeoutMs;
  const remainingMs = () => Math.max(1, giveUpAt - performance.now());
  const { warnings } = prepareHome(order.home);
  const paths = instancePaths(order.home);
  await makeFolder(paths.logsDir);
  let isWinner = false; // for good: on a machine that stalls, our own supervisor may be asked once more
  for (;;) {
    const lock = await tryLock(paths.supervisorLock);
    if (lock !== null && options.signal?.aborted) {
      lock.close();
      throw options.signal.reason;
    }
    isWinner ||= lock !== null;
    if (lock === null) options.onHandOver?.();
    const answer = lock === null
      ? await askIncumbent(host, order, options, remainingMs())
      : await installSupervisor(host, order, lock, options, remainingMs());
    if (answer.kind === "answer" && !isLeaving(answer.response)) {
      const status = isWinner ? asWinner(readOrThrow(answer)) : readOrThrow(answer);
      return warnings.length === 0 ? status : { ...status, warnings: [...warnings, ...status.warnings ?? []] };
    }
    if (answer.kind === "late" || performance.now() > giveUpAt) throw tooLate(options.timeoutMs);
    if (answer.kind === "silent") await (await import("./oust.ts")).oustSilentSupervisor(host, order.home);
    await pause(LOSER_POLL_MS);
  }
}

/**
 * Spawns the supervisor of an instance that is for this process alone, and waits until Temporal serves. The supervisor makes
 * the home, which is not there yet: whenever this process is killed, somebody is there to remove what was made.
 *
 * @throws {LocalError} what the supervisor told, `timeout`, `home-unusable`
 */
export async function recruitEphemeral(host: Host, order: SupervisorOrder, options: RecruitOptions): Promise<Status> {
  const giveUpAt = performance.now() + options.timeoutMs;
  const ended = await spawnSupervisor(host, order, options, dirname(order.home), "null", []);
  const { outcome, supervisorLog } = instancePaths(order.home);
  for (;;) {
    const answer = await askNewcomer(
      host,
      order.home,
      options,
      giveUpAt,
      ended,
      () => isOwnFolder(order.home, host.uid),
    );
    if (answer.kind === "answer") return asWinner(readOrThrow(answer));
    if (ended.exit?.code === HOMELESS_EXIT) throw homeNotMade(order.home);
    if (ended.exit !== null) throw supervisorDied(ended.exit, outcome, supervisorLog, 0);
    if (answer.kind === "late" || performance.now() > giveUpAt) throw tooLate(options.timeoutMs);
  }
}

function readOrThrow(answer: Extract<LongAnswer, { kind: "answer" }>): Status {
  return statusOrThrow(answer.response);
}

/**
 * What runs now was not there before, unless it was adopted.
 *
 * @throws {LocalError} why it failed, which only those who did not wait for it can see in a status
 */
function asWinner(status: Status): Status {
  if (status.state === "failed" && status.failure !== undefined) throw fromFailure(status.failure);
  return { ...status, reused: status.temporal?.adopted === true };
}

function askIncumbent(
  host: Host,
  order: SupervisorOrder,
  options: RecruitOptions,
  timeoutMs: number,
): Promise<LongAnswer> {
  const { asked, binaryAsked, binary, policy } = order;
  const request = { asked, binary: binaryAsked ? binary : null, policy, noWait: options.noWait };
  return askStart(host, order.home, request, timeoutMs);
}

/** Hands `lock` to a supervisor, and asks that one. */
async function installSupervisor(
  host: Host,
  order: SupervisorOrder,
  lock: LockFile,
  options: RecruitOptions,
  timeoutMs: number,
): Promise<LongAnswer> {
  const paths = instancePaths(order.home);
  const logFd = openLogOrFree(paths.supervisorLog, lock);
  const logStart = statSync(paths.supervisorLog).size;
  const giveUpAt = performance.now() + timeoutMs;
  let ended: Ended;
  try {
    ended = await spawnSupervisor(host, order, options, order.home, logFd, [lock.fd]);
  } finally {
    closeSync(logFd);
    lock.close(); // the supervisor alone holds it from now on
  }
  const answer = await askNewcomer(host, order.home, options, giveUpAt, ended);
  const { exit } = ended;
  if (answer.kind !== "absent" || exit === null) return answer;
  if (exit.code === DEPOSED_EXIT) return answer; // whoever has the lock now is to be asked
  throw supervisorDied(exit, paths.outcome, paths.supervisorLog, logStart);
}

/** How a supervisor's process ended, once it has. */
interface Ended {
  exit: ProcessExit | null;
}

async function spawnSupervisor(
  host: Host,
  order: SupervisorOrder,
  options: RecruitOptions,
  cwd: string,
  output: number | "null",
  pass: readonly number[],
): Promise<Ended> {
  const { command, args, env } = supervisorCommand(host);
  options.onHandOver?.();
  const child = await spawnDetached({
    command,
    args: [...args, JSON.stringify(order)],
    cwd,
    env: { ...daemonEnvironment(host.env), ...env },
    stdin: "null",
    stdout: output,
    stderr: output,
    pass,
  });
  options.onSpawn?.(child.exited);
  const ended: Ended = { exit: null };
  child.exited.then((end) => {
    ended.exit = end;
  });
  return ended;
}

/**
 * Asks until there is an answer: `absent` when it has ended.
 *
 * @param isHomeThere Nobody is asked before.
 */
async function askNewcomer(
  host: Host,
  home: string,
  options: RecruitOptions,
  giveUpAt: number,
  ended: Ended,
  isHomeThere: () => boolean = () => true,
): Promise<LongAnswer> {
  const path = options.noWait ? "/status" : "/wait";
  for (;;) {
    const remainingMs = Math.max(1, giveUpAt - performance.now());
    const answer: LongAnswer = isHomeThere()
      ? await askPatiently(host, home, { method: "GET", path }, remainingMs)
      : { kind: "absent" };
    if (answer.kind !== "absent" || ended.exit !== null) return answer;
    if (performance.now() > giveUpAt) return { kind: "late" };
    await pause(POLL_MS);
  }
}

function openLogOrFree(path: string, lock: LockFile): number {
  try {
    return openLog(path);
  } catch (error) {
    lock.close();
    throw error;
  }
}

function supervisorDied(
  exit: ProcessExit,
  outcomePath: string,
  logPath: string,
  logStart: number,
): LocalError {
  if (exit.code === 0) return fromFailure(START_STOPPED);
  // Killed, it wrote no outcome: what may be there is an older one's.
  const outcome = exit.code === 1 ? readOutcome(outcomePath) : null;
  if (outcome !== null) return fromFailure(outcome.failure);
  const lastWords = readTail(logPath, logStart, 16 * 1024);
  return new LocalError("launch-failed", `The supervisor ended at once (${exit.signal ?? `exit ${exit.code}`})`, {
    hint: `Look at ${logPath}`,
    facts: { ...exit, lastWords: lastWords.trimEnd().split("\n").slice(-5), log: logPath },
  });
}

function tooLate(timeoutMs: number): LocalError {
  return new LocalError("timeout", `Temporal does not serve after ${timeoutMs / 1000} s; the supervisor goes on`, {
    hint:
      "`stigmer-local wait` waits on, `stigmer-local status` and `stigmer-local logs` tell more, `stigmer-local stop` ends it",
  });
}
