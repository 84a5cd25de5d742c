/** The frames of the spinner. */
const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/** `⠙ Launching Temporal (1.2 s)`, truncated so that a terminal of `columns` does not wrap it. */
export function renderLiveLine(frame: number, text: string, elapsedMs: number, columns: number): string {
  const line = `${FRAMES[frame % FRAMES.length]} ${text} (${(elapsedMs / 1000).toFixed(1)} s)`;
  return [...line].slice(0, Math.max(1, columns - 1)).join("");
}

const PHASES: Readonly<Record<string, string>> = {
  starting: "Launching Temporal",
  launched: "Waiting for Temporal to become ready",
  replaced: "Stopping the running Temporal",
  stopping: "Stopping the running Temporal",
  unhealthy: "Temporal does not respond",
  exited: "Temporal exited",
  backoff: "Temporal exited; waiting before the next restart",
};

/**
 * The progress of a start according to the instance's history (one transition a line, JSON with `at` and `event`). Ignores
 * transitions before `sinceMs` (Unix ms).
 */
export function startPhase(history: string, sinceMs: number): string {
  let phase = "Waiting for the supervisor";
  const unready = new Set<string>();
  for (const line of history.split("\n")) {
    const [, at, event, process] = /^\{"at":"([^"]+)","event":"([^"]+)"(?:,"process":"([^"]+)")?/.exec(line) ?? [];
    if (at === undefined || event === undefined || Date.parse(at) < sinceMs) continue;
    if (process === undefined) phase = PHASES[event] ?? phase;
    else if (event === "starting") unready.add(process);
    else if (["running", "failed", "stopped"].includes(event)) unready.delete(process);
  }
  return unready.size === 0 ? phase : `Waiting for ${[...unready].join(", ")} to become ready`;
}
