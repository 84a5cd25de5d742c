import type { Paint } from "../text/paint.ts";
import { wrap } from "../text/wrap.ts";
import type { DoctorCheck, DoctorReport } from "./findings.ts";

/**
 * The table of `doctor`: a line a check, the remedy below what needs one, and the sum. What is longer than `columns` goes
 * on below itself; a remedy never does, so that it can be copied.
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
  const fixed = report.checks.filter((check) => check.fixed === true).length;
  const parts = [
    count("fail") > 0 ? paint.red(`${count("fail")} failed`) : "",
    count("warn") > 0 ? paint.yellow(`${count("warn")} to look at`) : "",
    `${count("ok")} in order${fixed > 0 ? ` (${fixed} mended now)` : ""}`,
  ];
  return `${lines.join("\n")}\n\n${parts.filter((part) => part !== "").join(", ")}\n`;
}

function markOf({ state }: DoctorCheck, paint: Paint): string {
  switch (state) {
    case "ok":
      return paint.green("✓");
    case "warn":
      return paint.yellow("!");
    case "fail":
      return paint.red("✗");
  }
}
