import type { Paint } from "../text/paint.ts";
import { wrap } from "../text/wrap.ts";
import type { DoctorCheck, DoctorReport } from "./findings.ts";

/**
 * The table of `doctor`: one line per check, its remedy below, and a summary. Details longer than `columns` wrap; remedies
 * do not, so that they can be copied.
 */
export function renderDoctor(report: DoctorReport, paint: Paint, columns: number): string {
  const width = Math.max(...report.checks.map(({ name }) => name.length));
  const indent = `    ${" ".repeat(width)}  `;
  const lines = report.checks.flatMap((check) => {
    const [first, ...rest] = wrap(check.detail, columns - indent.length);
    return [
      `  ${markOf(check, paint)} ${check.name.padEnd(width)}  ${first}`,
      ...rest.map((line) => indent + line),
      ...(check.remedy === undefined ? [] : [`${indent}${paint.dim("→")} ${check.remedy}`]),
    ];
  });
  const count = (state: DoctorCheck["state"]) => report.checks.filter((check) => check.state === state).length;
  const [passed, warnings, failed] = [count("ok"), count("warn"), count("fail")];
  const fixed = report.checks.filter((check) => check.fixed === true).length;
  const parts = [
    `${passed} passed`,
    ...(warnings > 0 ? [paint.yellow(`${warnings} ${warnings === 1 ? "warning" : "warnings"}`)] : []),
    ...(failed > 0 ? [paint.red(`${failed} failed`)] : []),
  ];
  return `${lines.join("\n")}\n\n${parts.join(", ")}${fixed > 0 ? ` (${fixed} fixed)` : ""}\n`;
}

const MARKS = { ok: "✓", warn: "!", fail: "✗" };
const COLOURS = { ok: "green", warn: "yellow", fail: "red" } as const;

function markOf({ state }: DoctorCheck, paint: Paint): string {
  return paint[COLOURS[state]](MARKS[state]);
}
