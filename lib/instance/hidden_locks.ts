import { lstatSync } from "node:fs";
import { LocalError } from "../errors/local_error.ts";
import { tryLock } from "../platform/locks/lock_file.ts";
import type { Processes } from "../platform/processes/processes.ts";

/**
 * Which of the lock files at `paths` are held by a process that cannot be seen: another user's, or in another PID
 * namespace. Only the attempt to take a lock tells; it is released at once, and a concurrent `start` waits that long.
 */
export async function hiddenLocks(paths: readonly string[], processes: Processes): Promise<string[]> {
  const hidden: string[] = [];
  for (const path of paths) {
    if (lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true) continue;
    if (await isHeld(path, processes)) hidden.push(path);
  }
  return hidden;
}

/** Whether the lock is held while no holder is seen before or after: a holder may just have come or gone. */
async function isHeld(path: string, processes: Processes): Promise<boolean> {
  const isSeen = () => processes.lockHolders(path).length > 0;
  if (isSeen()) return false;
  try {
    const lock = await tryLock(path);
    lock?.close();
    if (lock !== null || isSeen()) return false;
    const again = await tryLock(path);
    again?.close();
    return again === null && !isSeen();
  } catch (error) {
    if (!(error instanceof LocalError)) throw error;
    return false; // it cannot be opened here, which is another finding
  }
}
