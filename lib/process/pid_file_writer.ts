import type { Instance } from "../instance/context.ts";
import { readPidFile, removePidFile, writePidFile } from "../instance/pid_file.ts";
import type { PidRecord } from "../instance/pid_file_format.ts";
import { identityOf } from "../platform/files/file_identity.ts";

/** Writes the PID file of the processes that one supervisor runs. A failure is a warning: locks decide, records describe. */
export class PidFileWriter {
  readonly #instance: Instance;
  readonly #warn: (message: string) => void;
  /** Whose records are ours to remove: the last process, and the last one of which a record could be written. */
  #lastPid: number | null = null;
  #writtenPid: number | null = null;

  constructor(instance: Instance, warn: (message: string) => void) {
    this.#instance = instance;
    this.#warn = warn;
  }

  write(record: PidRecord): void {
    const { paths } = this.#instance;
    this.#lastPid = record.pid;
    const problem = writePidFile(paths, record);
    if (problem === null) this.#writtenPid = record.pid;
    else this.#warn(`Cannot write the record ${paths.record}: ${problem}`);
  }

  /** Whether the file that was written for `pid` was deleted. */
  isDeleted(pid: number): boolean {
    return this.#writtenPid === pid && identityOf(this.#instance.paths.record) === null;
  }

  /**
   * Removes the record: our own, or one that an earlier supervisor left of a process that is dead.
   *
   * @param isLockFree The process lock is: a process in another PID namespace cannot be seen, and holds it.
   */
  remove(isLockFree: boolean): void {
    const { paths, processes } = this.#instance;
    const pid = readPidFile(paths).record?.pid;
    if (pid === undefined) return;
    const isOurs = pid === this.#lastPid || pid === this.#writtenPid;
    if (isOurs || (isLockFree && !processes.isThere(pid))) removePidFile(paths, pid);
  }
}
