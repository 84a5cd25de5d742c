import process from "node:process";
import { systemErrorCode } from "../../errors/local_error.ts";
import type { SentSignal } from "./signals.ts";
import type { DetachedProcess } from "./spawn_detached.ts";

/** Signals a child of ours; nothing, once its end is known: until a parent has waited for it its PID is its own (wait(2)). */
export function signalChild({ pid, exit }: DetachedProcess, signal: SentSignal): void {
  if (exit !== null) return;
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (systemErrorCode(error) !== "ESRCH") throw error; // the runtime has waited for it, and has not told us yet
  }
}
