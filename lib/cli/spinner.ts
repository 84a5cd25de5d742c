/** The frames of the mark that shows that something is going on. */
const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/** `⠙ waiting for SERVING (1.2 s)`, cut so that a terminal of `columns` does not wrap it. */
export function renderLiveLine(frame: number, text: string, elapsedMs: number, columns: number): string {
  const line = `${FRAMES[frame % FRAMES.length]} ${text} (${(elapsedMs / 1000).toFixed(1)} s)`;
  return [...line].slice(0, Math.max(1, columns - 1)).join("");
}

const PHASES: Readonly<Record<string, string>> = {
  starting: "launching Temporal",
  launched: "waiting for SERVING",
  replaced: "ending the Temporal that runs",
  stopping: "ending the Temporal that runs",
  unhealthy: "Temporal does not answer",
  exited: "Temporal ended",
  backoff: "Temporal ended; waiting before the next try",
};

/**
 * What a start is at, from the instance's history (one transition a line, JSON with `at` and `event`), of which only
 * what came at `sinceMs` (Unix ms) or later counts.
 */
export function startPhase(history: string, sinceMs: number): string {
  let phase = "waiting for the supervisor";
  for (const line of history.split("\n")) {
    const [, at, event] = /^\{"at":"([^"]+)","event":"([^"]+)"/.exec(line) ?? [];
    if (at === undefined || event === undefined || Date.parse(at) < sinceMs) continue;
    phase = PHASES[event] ?? phase;
  }
  return phase;
}
