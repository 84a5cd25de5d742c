import type { DoctorCheck, DoctorReport } from "./doctor.ts";
import type { Paint } from "./render_status.ts";

/** The table of `doctor`: a line a check, the remedy below what needs one, and the sum. */
export function renderDoctor(report: DoctorReport, paint: Paint): string {
  const width = Math.max(...report.checks.map(({ name }) => name.length));
  const lines = report.checks.flatMap((check) => {
    const line = `  ${markOf(check, paint)} ${check.name.padEnd(width)}  ${check.detail}`;
    return check.remedy === undefined ? [line] : [line, `    ${" ".repeat(width)}  ${paint.dim("→")} ${check.remedy}`];
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
