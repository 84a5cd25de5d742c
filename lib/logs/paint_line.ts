import type { Paint } from "../text/paint.ts";
import { lineLevel } from "./log_lines.ts";

/** A line of a log in the colour of its level. */
export function paintLine(line: string, paint: Paint): string {
  switch (lineLevel(line)) {
    case "error":
    case "fatal":
    case "panic":
      return paint.red(line);
    case "warn":
      return paint.yellow(line);
    case "debug":
      return paint.dim(line);
    default:
      return line;
  }
}
