import { LocalError } from "../errors/local_error.ts";
import type { LockFile } from "../platform/files/lock_file.ts";
import type { System } from "../platform/system.ts";

/** The lock of the database that an instance has in use. */
export class DatabaseLock {
  #lock: LockFile | null = null;

  /**
   * Holds the lock of `database`, null for none, instead of the one that was held.
   *
   * @throws {LocalError} as {@linkcode takeDatabaseLock} does; then none is held
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

/** Where the lock of the database at `database`, a real path, is. */
export function databaseLockPath(database: string): string {
  return `${database}.lock`;
}

/**
 * Takes the lock of a database: two homes with one database exclude each other.
 *
 * @throws {LocalError} `database-busy`, naming who has it; `lock-failed`
 */
export async function takeDatabaseLock(
  database: string,
  { processes, tryLock }: Pick<System, "processes" | "tryLock">,
): Promise<LockFile> {
  const path = databaseLockPath(database);
  const lock = await tryLock(path);
  if (lock !== null) return lock;
  const [holder] = processes.lockHolders(path);
  const who = holder === undefined
    ? "another instance"
    : `the instance of supervisor pid ${holder.pid} (${holder.command})`;
  throw new LocalError("database-busy", `The database ${database} belongs to ${who}`, {
    hint: "Use that instance, stop it, or choose another database with --db-filename",
    facts: { database, pid: holder?.pid ?? null, command: holder?.command ?? null },
  });
}
