import type { Instance } from "../instance/context.ts";
import { identityOf } from "../instance/lock_guard.ts";
import { readPidFile, removePidFile, writePidFile } from "../instance/pid_file.ts";
import { recordOf, type TemporalProcess } from "./process.ts";

/** The record of the Temporals that one supervisor keeps. What it can't write it warns of: locks decide. */
export class PidFileWriter {
  readonly #instance: Instance;
  readonly #warn: (message: string) => void;
  /** Whose records are ours to remove: the last Temporal, and the last one of which a record could be written. */
  #lastPid: number | null = null;
  #writtenPid: number | null = null;

  constructor(instance: Instance, warn: (message: string) => void) {
    this.#instance = instance;
    this.#warn = warn;
  }

  /** The last Temporal that was to be recorded; null when there was none. */
  get lastPid(): number | null {
    return this.#lastPid;
  }

  save(temporal: TemporalProcess): void {
    const { paths, processes, policy } = this.#instance;
    this.#lastPid = temporal.pid;
    const problem = writePidFile(paths.record, { ...recordOf(temporal, processes), policy });
    if (problem === null) this.#writtenPid = temporal.pid;
    else this.#warn(`The record ${paths.record} can't be written: ${problem}`);
  }

  /** Writes the record of `temporal` again if it was deleted. */
  mend(temporal: TemporalProcess): void {
    const isWritten = this.#writtenPid === temporal.pid;
    if (isWritten && identityOf(this.#instance.paths.record) === null) this.save(temporal);
  }

  /**
   * Removes the record: our own, or one that an earlier supervisor left of a Temporal that is dead.
   *
   * @param isLockFree `temporal.lock` is: a Temporal in another PID namespace is not to be seen, and has it.
   */
  remove(isLockFree: boolean): void {
    const { paths, processes } = this.#instance;
    const onDisk = readPidFile(paths.record);
    if (onDisk.kind !== "record") return;
    const { pid } = onDisk.record;
    const isOurs = pid === this.#lastPid || pid === this.#writtenPid;
    if (isOurs || (isLockFree && !processes.isThere(pid))) removePidFile(paths.record, pid);
  }
}
