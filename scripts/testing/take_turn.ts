import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { type LockFile, tryLock } from "../../lib/platform/locks/lock_file.ts";
import { delay } from "../../lib/platform/runtime/delay.ts";

const POLL_MS = 500;
/** After this wait the tests run anyway. */
const DEADLINE_MS = 20 * 60_000;

/**
 * Waits until no other test run of this user is active on this machine: on two cores, two of them take longer together
 * than one after the other, and time out. A nested run does not wait for the outer one.
 */
export async function takeTurn(signal: AbortSignal): Promise<LockFile | null> {
  if (process.env["STIGMER_TEST_JOB"] !== undefined) return null;
  const path = join(tmpdir(), `stigmer-local-tests-${process.getuid?.() ?? "all"}.lock`);
  const giveUpAt = performance.now() + DEADLINE_MS;
  for (let hasTold = false; performance.now() < giveUpAt && !signal.aborted; hasTold = true) {
    const turn = await tryLock(path);
    if (turn !== null) return turn;
    if (!hasTold) console.log("Waiting for another test run on this machine …");
    await delay(POLL_MS);
  }
  return null;
}
