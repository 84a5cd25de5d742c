import type { LockFile } from "./files/lock_file.ts";
import type { Processes } from "./processes/processes.ts";
import type { SentSignal } from "./spawn/signals.ts";

/**
 * The operating system where it decides what happens: who is alive, who holds a lock, which ports are taken, and the time.
 * `systemHere()` is the real one; a test passes another. Its functions need no `this`.
 */
export interface System {
  processes: Processes;
  /**
   * Sends `signal` to process `pid`; to a whole process group when it is negative (kill(2)).
   *
   * @throws the system's error: `ESRCH` when none is there, `EPERM` for another user's
   */
  kill(pid: number, signal: SentSignal): void;
  /** Takes a lock without waiting, as `tryLock` of `files/lock_file.ts` does. */
  tryLock(path: string): Promise<LockFile | null>;
  /** Whether a server could listen there, as `canBind` of `net/probe_port.ts` tells. */
  canBind(host: string, port: number): Promise<"free" | "taken">;
  /** A clock that never goes back, in ms: `performance.now()`. */
  nowMs(): number;
  /**
   * Resolves after `ms`.
   *
   * @throws the reason of `signal`, at once when it aborts
   */
  delay(ms: number, signal?: AbortSignal): Promise<void>;
}
