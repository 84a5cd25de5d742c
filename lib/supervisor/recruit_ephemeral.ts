import { closeSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { type Failure, isFailure } from "../core/failure.ts";
import { LocalError, systemErrorCode } from "../core/local_error.ts";
import type { Status } from "../core/status.ts";
import type { Host } from "../system/host.ts";
import { openNameless, readNameless } from "../system/nameless_file.ts";
import { pause } from "../system/pause.ts";
import type { ProcessExit } from "../system/spawn_detached.ts";
import { homeNotMade, isOwnFolder } from "./ephemeral_home.ts";
import { HOMELESS_EXIT, type SupervisorOrder } from "./instance.ts";
import {
  askNewcomer,
  LAST_WORDS_BYTES,
  type Newcomer,
  newcomerDied,
  newcomerStatus,
  spawnSupervisor,
} from "./newcomer.ts";

/** How the wait goes. */
export interface RecruitEphemeralOptions {
  /** In ms. */
  timeoutMs: number;
  /** Gets the end of the supervisor's process: until then the runtime has a child. */
  onSpawn: (exited: Promise<ProcessExit>) => void;
}

/** What the end of one that is too late may take, in ms; it ends by itself at the latest with this process. */
const END_MS = 5000;

/**
 * Spawns the supervisor of an instance that is for this process alone, and waits until Temporal serves. The supervisor makes
 * the home, which is not there yet: whenever this process is killed, somebody is there to remove what was made. When it
 * fails, nothing of the instance goes on.
 *
 * @throws {LocalError} what the supervisor told, `timeout`, `home-unusable`, `launch-failed`
 */
export async function recruitEphemeral(
  host: Host,
  order: SupervisorOrder,
  { timeoutMs, onSpawn }: RecruitEphemeralOptions,
): Promise<Status> {
  const giveUpAt = performance.now() + timeoutMs;
  const folder = dirname(order.home);
  const words = openWords(order.home); // its log is gone with its home
  try {
    const newcomer = await spawnSupervisor(host, order, { cwd: folder, output: words, pass: [] });
    onSpawn(newcomer.exited);
    for (;;) {
      const isHomeThere = () => isOwnFolder(order.home, host.uid);
      const answer = await askNewcomer(host, order, newcomer, "/wait", giveUpAt, isHomeThere);
      if (answer.kind === "answer") return newcomerStatus(answer);
      if (newcomer.exit?.code === HOMELESS_EXIT) throw homeNotMade(order.home);
      if (newcomer.exit !== null) {
        const said = readNameless(words, LAST_WORDS_BYTES);
        throw newcomerDied(newcomer.exit, failureIn(said), said, null);
      }
      if (answer.kind === "late" || performance.now() > giveUpAt) {
        await end(newcomer);
        throw new LocalError("timeout", `Temporal does not serve after ${timeoutMs / 1000} s`, {
          hint: "Give it more time",
        });
      }
    }
  } finally {
    closeSync(words);
  }
}

function openWords(home: string): number {
  try {
    return openNameless(dirname(home));
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

/** Our own child: its PID is its own until we have heard of its end. */
async function end(newcomer: Newcomer): Promise<void> {
  if (newcomer.exit === null) process.kill(newcomer.pid, "SIGTERM");
  await Promise.race([newcomer.exited, pause(END_MS)]);
}
