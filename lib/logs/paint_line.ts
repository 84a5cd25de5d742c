import type { Paint } from "../text/paint.ts";
import { lineLevel } from "./log_lines.ts";

/** A line of a log in the colour of its level. */
export function paintLine(line: string, paint: Paint): string {
  return levelPaint(line, paint)(line);
}

/** The colour of a line's level, for the parts of a line that is broken. */
export function levelPaint(line: string, paint: Paint): (text: string) => string {
  switch (lineLevel(line)) {
    case "error":
    case "fatal":
    case "panic":
      return paint.red;
    case "warn":
      return paint.yellow;
    case "debug":
      return paint.dim;
    default:
      return (text) => text;
  }
}
