import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { findProcess, type FoundProcess } from "../instance/find_process.ts";
import { instancePaths } from "../instance/paths.ts";
import { type LockFile, tryLock } from "../platform/locks/lock_file.ts";
import type { Processes } from "../platform/processes/processes.ts";
import { refuseSecondUser, takeDatabaseLock } from "./lock.ts";

/**
 * The locks of an instance and its database: until they are closed, no process can start it, and no other instance can
 * use the database.
 */
export interface ExclusiveAccess {
  /** The instance's unsupervised Temporal; null if it is not running. */
  temporal: FoundProcess | null;
  /** Releases the locks. Safe to call twice. */
  close(): void;
}

/**
 * Takes the locks of an instance without a supervisor, and of its database; a concurrent `start` waits. Null if the
 * instance has a supervisor, or another process holds its lock.
 *
 * @param database Its real path; null = in memory.
 * @throws {LocalError} `database-busy` if another instance or a foreign process uses the database; `lock-failed`
 */
export async function takeExclusiveAccess(
  home: string,
  database: string | null,
  processes: Processes,
): Promise<ExclusiveAccess | null> {
  const paths = instancePaths(home);
  const locks: LockFile[] = [];
  const close = () => locks.forEach((lock) => lock.close());
  try {
    if (existsSync(home)) {
      const lock = await tryLock(paths.supervisorLock);
      if (lock === null) return null;
      locks.push(lock);
    }
    if (database !== null && existsSync(dirname(database))) {
      locks.push(await takeDatabaseLock(database, { processes, tryLock }));
    }
    const { found: temporal } = findProcess(paths, processes);
    if (database !== null) refuseSecondUser(database, processes, temporal?.pgid, " first");
    return { temporal, close };
  } catch (error) {
    close();
    throw error;
  }
}
