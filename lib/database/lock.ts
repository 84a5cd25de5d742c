import { LocalError } from "../errors/local_error.ts";
import { describeObstacle, endOf, homeFact } from "../instance/obstacle.ts";
import type { LockFile } from "../platform/locks/lock_file.ts";
import type { Holder, Processes } from "../platform/processes/processes.ts";
import type { System } from "../platform/system.ts";

/** The lock of the database that an instance uses. */
export class DatabaseLock {
  #lock: LockFile | null = null;

  /**
   * Releases the held lock and takes that of `database`, if not null.
   *
   * @throws {LocalError} as {@linkcode takeDatabaseLock} does; no lock is held then
   */
  async moveTo(database: string | null, system: Pick<System, "processes" | "tryLock">): Promise<void> {
    const path = database === null ? null : databaseLockPath(database);
    if (this.#lock?.path === path && this.#lock?.isCurrent() === "ours") return;
    this.release();
    if (database !== null) this.#lock = await takeDatabaseLock(database, system);
  }

  release(): void {
    this.#lock?.close();
    this.#lock = null;
  }
}

/** Path of the lock of `database`, a real path. */
export function databaseLockPath(database: string): string {
  return `${database}.lock`;
}

/**
 * Takes the lock of a database, so that two homes cannot use it at once.
 *
 * @throws {LocalError} `database-busy`, naming the lock holder; `lock-failed`
 */
export async function takeDatabaseLock(
  database: string,
  { processes, tryLock }: Pick<System, "processes" | "tryLock">,
): Promise<LockFile> {
  const path = databaseLockPath(database);
  const lock = await tryLock(path);
  if (lock !== null) return lock;
  const [holder] = processes.lockHolders(path);
  const obstacle = holder === undefined ? null : describeObstacle(holder, processes);
  const who = obstacle === null
    ? "another instance"
    : obstacle.home === null
    ? `another instance (${obstacle.who})`
    : obstacle.who;
  const stop = obstacle === null || obstacle.home === null ? "stop it" : `stop it with \`${obstacle.remedy}\``;
  throw new LocalError("database-busy", `The database ${database} is in use by ${who}`, {
    hint: `Use that instance, ${stop}, or choose another database with --db-filename`,
    facts: { database, pid: holder?.pid ?? null, command: holder?.command ?? null, ...homeFact(obstacle) },
  });
}

/** The processes that have `database` open, without those of group `own`. */
export function otherUsers(database: string, own: number | null, processes: Processes): Holder[] {
  return processes.fileUsers(database).filter(({ pid }) => own === null || processes.inspect(pid)?.pgid !== own);
}

/**
 * Refuses a database that another process uses than those of group `own`: two servers would open one file without an error,
 * and lose each other's writes; one would keep writing to a file that has been renamed or deleted.
 *
 * @param orElse How the hint goes on after what ends that process.
 * @throws {LocalError} `database-busy`
 */
export function refuseSecondUser(
  database: string,
  processes: Processes,
  own: number | null = null,
  orElse = ", or choose another database with --db-filename",
): void {
  const [user] = otherUsers(database, own, processes);
  if (user === undefined) return;
  const obstacle = describeObstacle(user, processes);
  throw new LocalError("database-busy", `The database ${database} is in use by ${obstacle.who}`, {
    hint: `${endOf(obstacle)}${orElse}`,
    facts: { database, pid: user.pid, command: user.command, ...homeFact(obstacle) },
  });
}
