import { LocalError } from "../errors/local_error.ts";
import type { Instance } from "../instance/context.ts";
import { findProcess } from "../instance/find_process.ts";
import type { LockFile } from "../platform/locks/lock_file.ts";
import type { Processes } from "../platform/processes/processes.ts";
import { targetOf, terminate } from "./terminate.ts";

/** How long the kernel may take to free the lock of a process that is dead, in ms. */
const LOCK_FREE_DEADLINE_MS = 5000;
const POLL_MS = 10;

/** So many holders are terminated before the lock counts as held by a process that cannot be terminated. */
const MAX_HOLDERS = 100;

/**
 * Takes the lock that a process inherits, after terminating whatever else of the instance still holds it: a descendant
 * that left the process group inherited the lock, and having the lock file open proves whose it is.
 *
 * @throws {LocalError} `stop-failed` when a holder survives SIGKILL; `lock-failed` when the lock stays held by a process
 * that cannot be seen or is foreign, or after 100 terminated holders
 */
export async function claimLock(instance: Instance): Promise<LockFile> {
  const giveUpAt = instance.nowMs() + LOCK_FREE_DEADLINE_MS;
  for (let holders = 0; holders < MAX_HOLDERS;) {
    const lock = await instance.tryLock(instance.paths.processLock);
    if (lock !== null) return lock;
    const { found: holder } = findProcess(instance.paths, instance.processes);
    if (holder !== null && holder.proof !== "record") {
      instance.log.note("leftover ended", { pgid: holder.pgid, proof: holder.proof });
      await terminate(instance, targetOf(holder), 0);
      holders++;
    } else if (instance.nowMs() > giveUpAt) {
      break;
    } else {
      await instance.delay(POLL_MS);
    }
  }
  throw lockHeld(instance.paths.processLock, instance.processes);
}

function lockHeld(path: string, processes: Processes): LocalError {
  const [holder] = processes.lockHolders(path);
  if (holder !== undefined) {
    const { pid, command } = holder;
    return new LocalError("lock-failed", `${path} is held by pid ${pid} (${command}), which this tool did not start`, {
      hint: "End that process, or use another --home",
      facts: { path, pid, command },
    });
  }
  return new LocalError("lock-failed", `${path} is held by a process that cannot be seen from here`, {
    hint: "Another user, or a container that shares this home, runs Temporal here: end it there, or use another --home",
    facts: { path },
  });
}
