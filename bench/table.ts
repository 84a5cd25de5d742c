import type { Floor, Limit, Runtime, Unit } from "./measurement.ts";
import { isMet, type Summary } from "./statistics.ts";

const RUNTIME_NAMES: Record<Runtime, string> = {
  "deno": "Deno, from source",
  "deno-file": "Deno, one file",
  "node": "Node, one file",
};

/** The summaries as a Markdown table, a line each. */
export function renderTable(summaries: readonly Summary[]): string {
  const head = ["what", "on", "median (middle half)", "floors", "limit", "allowed", "to spare", "runs", ""];
  const lines = summaries.map((summary) => [
    summary.what,
    RUNTIME_NAMES[summary.runtime],
    `${inUnit(summary.median, summary.unit)} (${
      summary.quartiles.map((value) => inUnit(value, summary.unit, false)).join("–")
    })`,
    renderFloors(summary),
    `≤ ${renderLimit(summary.limit, summary.unit)}`,
    inUnit(summary.allowed, summary.unit),
    inUnit(summary.margin, summary.unit),
    String(summary.runs),
    isMet(summary) ? "ok" : "**misses**",
  ]);
  return markdownTable(head, lines);
}

/** A Markdown table, a line each. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function renderFloors({ floors }: Summary): string {
  const parts = (Object.entries(floors) as [Floor, number][]).map(([floor, ms]) =>
    `${floor} ${inUnit(ms, "ms", false)}`
  );
  return parts.length === 0 ? "–" : parts.join(", ");
}

/** `T + 150 ms`, `1.15 R`, `4500 ms`. */
export function renderLimit({ constant = 0, ...factors }: Limit, unit: Unit): string {
  const parts = (Object.entries(factors) as [Floor, number][]).map(([floor, factor]) =>
    factor === 1 ? floor : `${factor} ${floor}`
  );
  if (constant !== 0 || parts.length === 0) parts.push(inUnit(constant, unit));
  return parts.join(" + ");
}

/** A figure with a useful number of digits: `17.3 ms`, `1342 ms`, `0.21 %`. */
function inUnit(value: number, unit: Unit, withUnit = true): string {
  const digits = unit === "%" ? 2 : Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : 1;
  const number = value.toFixed(digits).replace(/^-0(\.0+)?$/, "0");
  return withUnit && unit !== "count" ? `${number} ${unit}` : number;
}
