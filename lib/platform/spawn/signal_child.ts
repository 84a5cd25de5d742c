import process from "node:process";
import { systemErrorCode } from "../../errors/local_error.ts";
import type { SentSignal } from "./signals.ts";
import type { DetachedProcess } from "./spawn_detached.ts";

/**
 * Signals a child process, unless it is known to have exited: its PID is not reused before its parent has waited for it
 * (wait(2)).
 */
export function signalChild({ pid, exit }: DetachedProcess, signal: SentSignal): void {
  if (exit !== null) return;
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (systemErrorCode(error) !== "ESRCH") throw error; // reaped by the runtime, which has not emitted the exit yet
  }
}
