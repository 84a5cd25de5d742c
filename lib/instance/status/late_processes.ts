import { LocalError } from "../../errors/local_error.ts";
import type { ProcessStatus } from "./status.ts";

/**
 * The error of a wait that ran out of time while Temporal serves: which of the processes beside it is not ready, and why.
 * Null if each is.
 */
export function lateProcesses(
  processes: readonly ProcessStatus[],
  timeoutMs: number,
  hint: string,
): LocalError | null {
  const unready = processes.filter(({ ready, state }) => !ready && state !== "stopped");
  if (unready.length === 0) return null;
  const names = unready.map(({ name, detail }) => detail === null ? name : `${name} (${detail})`);
  return new LocalError("timeout", `Timed out after ${timeoutMs / 1000} s waiting for ${names.join(", ")}`, {
    hint,
    facts: { processes: unready.map(({ name }) => name) },
  });
}
