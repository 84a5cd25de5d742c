import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { LocalError } from "../errors/local_error.ts";
import { findProcess, type FoundProcess } from "../instance/find_process.ts";
import { describeObstacle, endOf, homeFact } from "../instance/obstacle.ts";
import { instancePaths } from "../instance/paths.ts";
import { type LockFile, tryLock } from "../platform/locks/lock_file.ts";
import type { Processes } from "../platform/processes/processes.ts";
import { takeDatabaseLock } from "./lock.ts";

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
    if (database !== null) refuseForeignUsers(database, temporal, processes);
    return { temporal, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** A server started by other means would keep writing to a file that has been renamed or deleted, and lose the data. */
function refuseForeignUsers(database: string, temporal: FoundProcess | null, processes: Processes): void {
  const user = processes.fileUsers(database)
    .find(({ pid }) => temporal === null || processes.inspect(pid)?.pgid !== temporal.pgid);
  if (user === undefined) return;
  const obstacle = describeObstacle(user, processes);
  throw new LocalError("database-busy", `The database ${database} is in use by ${obstacle.who}`, {
    hint: `${endOf(obstacle)} first`,
    facts: { database, pid: user.pid, command: user.command, ...homeFact(obstacle) },
  });
}
