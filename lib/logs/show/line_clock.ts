import { lineTimeMs } from "../log_lines.ts";

/** Between which times a line was written, in Unix ms: a look at the log before it, and the first one after. */
export interface Seen {
  afterMs: number;
  atMs: number;
}

/** When each line of a log was written, in Unix ms; called for one after the other. */
export type LineClock = (line: string, seen: Seen) => number;

/** How far the time in a line may be outside of {@linkcode Seen}, in ms: a program may hold its output back. */
const TOLERANCE_MS = 5000;

/**
 * The clock of a log whose lines carry their times, in UTC. A line without one, as in a stack trace, belongs to the line
 * before it.
 *
 * @param leadMs For the lines before the first time; null = when they were seen.
 */
export function ownClock(leadMs: number | null): LineClock {
  let lastMs = leadMs;
  return (line, { atMs }) => lastMs = lineTimeMs(line) ?? lastMs ?? atMs;
}

/**
 * The clock of what a process writes: when the line was seen. The time that a line carries is more exact, and counts if it is near: it
 * may as well be in another time zone, or mean something else.
 */
export const seenClock: LineClock = (line, { afterMs, atMs }) => {
  const ownMs = lineTimeMs(line);
  const isNear = ownMs !== null && ownMs >= afterMs - TOLERANCE_MS && ownMs <= atMs + TOLERANCE_MS;
  return isNear ? ownMs : atMs;
};
