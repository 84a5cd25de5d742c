import type { Paint } from "../../text/paint.ts";
import { paintLine } from "../paint_line.ts";
import type { LogLine } from "./merge_lines.ts";
import { SourceLabels } from "./source_labels.ts";
import { TEMPORAL } from "./sources.ts";

/**
 * How a line is printed for people: in the colour of its level, behind the label of its source, unless all so far are
 * Temporal's.
 *
 * @param sources Those that are known yet; null = no labels at all.
 */
export function lineRenderer(paint: Paint, sources: readonly string[] | null): (line: LogLine) => string {
  const labels = new SourceLabels(paint, sources ?? []);
  let isLabelled = sources?.some((source) => source !== TEMPORAL) ?? false;
  return ({ source, text }) => {
    isLabelled ||= sources !== null && source !== TEMPORAL;
    return isLabelled ? `${labels.label(source)}${paintLine(text, paint)}` : paintLine(text, paint);
  };
}
