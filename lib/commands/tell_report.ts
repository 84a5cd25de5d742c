import type { DoctorCheck, DoctorReport } from "../core/doctor.ts";
import { renderDoctor } from "../core/render_doctor.ts";
import { columnsOf, type CommandContext } from "./context.ts";

/** Tells what a doctor found; of `--quiet` what fails is left. Resolves with the exit code: 1 when something fails. */
export async function tellReport(context: CommandContext, checks: DoctorCheck[]): Promise<number> {
  const { host, invocation: { home, quiet, json } } = context;
  const failed = checks.filter(({ state }) => state === "fail");
  const report: DoctorReport = { schema: 1, ok: failed.length === 0, home, checks };
  await context.answer(report, () => renderDoctor(report, context.paint, columnsOf(context)));
  if (quiet && !json) await host.write("stderr", failed.map(({ name, detail }) => `${name}: ${detail}\n`).join(""));
  return report.ok ? 0 : 1;
}
