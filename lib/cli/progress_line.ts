import { instancePaths } from "../instance/paths.ts";
import type { CommandContext } from "./context.ts";

/** No line is shown for work that takes less than this, in ms. */
const DELAY_MS = 120;
const FRAME_MS = 100;
const HISTORY_BYTES = 4096;

/**
 * Runs `work`, which waits for a supervisor, and shows its progress meanwhile: one line on stderr that is redrawn, and
 * erased at the end. Shows nothing unless stderr is a terminal, nor with `--quiet` or `--json`.
 */
export async function withLiveLine<Result>(context: CommandContext, work: () => Promise<Result>): Promise<Result> {
  const { host, invocation: { quiet, json, home } } = context;
  if (quiet || json || !host.isTerminal("stderr") || host.env["TERM"] === "dumb") return await work();
  const beganAt = performance.now();
  const sinceMs = Date.now();
  let isOver = false;
  let drawn: Promise<unknown> | null = null;
  let cancel = () => {};
  const schedule = (frame: number, afterMs: number): void => {
    // A failed drawing must not fail the command.
    cancel = host.after(afterMs, () => void draw(frame).catch(() => {}));
  };
  const draw = async (frame: number): Promise<void> => {
    const [{ renderLiveLine, startPhase }, { readTail }] = await Promise.all([
      import("./spinner.ts"),
      import("../logs/read_tail.ts"),
    ]);
    if (isOver) return;
    const phase = startPhase(readTail(instancePaths(home).history, 0, HISTORY_BYTES), sinceMs);
    const line = renderLiveLine(frame, phase, performance.now() - beganAt, host.columns());
    drawn = host.write("stderr", `\r\x1b[K${line}`).catch(() => {}); // the terminal may be gone
    schedule(frame + 1, FRAME_MS);
  };
  schedule(0, DELAY_MS);
  try {
    return await work();
  } finally {
    isOver = true;
    cancel();
    if (drawn !== null) {
      await drawn;
      await host.write("stderr", "\r\x1b[K").catch(() => {});
    }
  }
}
