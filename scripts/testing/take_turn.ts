import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { type LockFile, tryLock } from "../../lib/platform/files/lock_file.ts";
import { delay } from "../../lib/platform/runtime/delay.ts";

const POLL_MS = 500;
/** Who waits longer than this goes on all the same: late tests are better than none. */
const PATIENCE_MS = 20 * 60_000;

/**
 * Waits until no other test run of this user is under way on this machine: two of them on two cores take longer
 * together than one after the other, and run into their limits. A run within a run does not wait for the outer one.
 */
export async function takeTurn(signal: AbortSignal): Promise<LockFile | null> {
  if (process.env["STIGMER_TEST_JOB"] !== undefined) return null;
  const path = join(tmpdir(), `stigmer-local-tests-${process.getuid?.() ?? "all"}.lock`);
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (let hasTold = false; performance.now() < giveUpAt && !signal.aborted; hasTold = true) {
    const turn = await tryLock(path);
    if (turn !== null) return turn;
    if (!hasTold) console.log("Another test run is under way on this machine: waiting for its end …");
    await delay(POLL_MS);
  }
  return null;
}
