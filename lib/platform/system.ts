import type { LockFile } from "./locks/lock_file.ts";
import type { Processes } from "./processes/processes.ts";
import type { SentSignal } from "./spawn/signals.ts";
import type { DetachedProcess } from "./spawn/spawn_detached.ts";
import type { SpawnOptions } from "./spawn/spawn_options.ts";

/**
 * The operating system, as far as decisions depend on it: processes, locks, ports and time. `systemHere()` is the real
 * one; tests pass a fake. Its functions need no `this`.
 */
export interface System {
  processes: Processes;
  /**
   * Sends `signal` to process `pid`; to a whole process group when it is negative (kill(2)).
   *
   * @throws the system's error: `ESRCH` if there is no such process, `EPERM` for another user's
   */
  kill(pid: number, signal: SentSignal): void;
  /** Takes a lock without waiting, as `tryLock` of `locks/lock_file.ts` does. */
  tryLock(path: string): Promise<LockFile | null>;
  /** Starts a program in a session of its own, as `spawnDetached` of `spawn/spawn_detached.ts` does. */
  spawn(options: SpawnOptions): Promise<DetachedProcess>;
  /** Whether a server could listen there, see `canBind` of `net/probe_port.ts`. */
  canBind(host: string, port: number): Promise<"free" | "taken">;
  /** A monotonic clock in ms: `performance.now()`. */
  nowMs(): number;
  /**
   * Resolves after `ms`.
   *
   * @throws the reason of `signal`, at once when it aborts
   */
  delay(ms: number, signal?: AbortSignal): Promise<void>;
}
