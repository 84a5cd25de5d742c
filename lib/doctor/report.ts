import { columnsOf, type CommandContext } from "../cli/context.ts";
import type { DoctorCheck, DoctorReport } from "./findings.ts";
import { renderDoctor } from "./render.ts";

/**
 * Prints the report, with remedies that can be typed for this instance; with `--quiet` only the failures. Resolves with the
 * exit code: 1 if a check failed.
 */
export async function tellReport(context: CommandContext, found: readonly DoctorCheck[]): Promise<number> {
  const { host, invocation: { home, quiet, json } } = context;
  const checks = context.typed.inValue([...found]); // before it is wrapped
  const failed = checks.filter(({ state }) => state === "fail");
  const report: DoctorReport = { schema: 1, ok: failed.length === 0, home, checks };
  await context.answer(report, () => renderDoctor(report, context.paint, columnsOf(context)));
  if (quiet && !json) await host.write("stderr", failed.map(({ name, detail }) => `${name}: ${detail}\n`).join(""));
  return report.ok ? 0 : 1;
}
