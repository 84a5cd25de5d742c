import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { LocalError } from "../errors/local_error.ts";
import { findTemporal, type FoundTemporal } from "../instance/find_temporal.ts";
import { instancePaths } from "../instance/paths.ts";
import { type LockFile, tryLock } from "../platform/files/lock_file.ts";
import type { Processes } from "../platform/processes/processes.ts";
import { takeDatabaseLock } from "./lock.ts";

/** An instance that nobody can start, and whose database no other instance can use, until it is closed. */
export interface ExclusiveAccess {
  /** Our Temporal that is alive, without a supervisor; null when there is none. */
  temporal: FoundTemporal | null;
  /** Frees the locks. Safe to call twice. */
  close(): void;
}

/**
 * Holds the locks of an instance without a supervisor, and of its database: a `start` waits meanwhile. Null when it has
 * a supervisor, or somebody else holds it.
 *
 * @param database Its real path; null = in memory.
 * @throws {LocalError} `database-busy` when another instance, or a program that is not ours, uses the database;
 * `lock-failed`
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
    const { temporal } = findTemporal(paths, processes);
    if (database !== null) refuseStrangers(database, temporal, processes);
    return { temporal, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** A server that somebody started by hand would go on with a file that has no name any more, and lose what it writes. */
function refuseStrangers(database: string, temporal: FoundTemporal | null, processes: Processes): void {
  const user = processes.fileUsers(database)
    .find(({ pid }) => temporal === null || processes.inspect(pid)?.pgid !== temporal.pgid);
  if (user === undefined) return;
  throw new LocalError("database-busy", `The database ${database} is in use by pid ${user.pid} (${user.command})`, {
    hint: "End that process first",
    facts: { database, pid: user.pid, command: user.command },
  });
}
