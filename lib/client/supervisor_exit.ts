import type { Processes } from "../platform/processes/processes.ts";
import { poll, type PollOptions } from "../platform/runtime/poll.ts";

/** How long to wait for the exit of a supervisor that has freed its locks, in ms; nothing depends on it any more. */
const EXIT_MS = 5000;

/** Waits until supervisors have exited: they free their locks some ms before, while the caller may remove the home. */
export async function untilExited(
  pids: readonly number[],
  processes: Processes,
  clock?: PollOptions["clock"],
): Promise<void> {
  const isGone = () => !pids.some((pid) => processes.isThere(pid)) || null;
  await poll(isGone, { everyMs: 2, timeoutMs: EXIT_MS, ...(clock === undefined ? {} : { clock }) });
}
