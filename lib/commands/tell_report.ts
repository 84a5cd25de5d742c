import type { DoctorCheck, DoctorReport } from "../core/doctor.ts";
import { renderDoctor } from "../core/render_doctor.ts";
import { columnsOf, type CommandContext } from "./context.ts";
import { shellWord } from "../core/shell_word.ts";

/**
 * Tells what a doctor found, with the remedies as they have to be typed for this instance; of `--quiet` what fails is left.
 * Resolves with the exit code: 1 when something fails.
 */
export async function tellReport(context: CommandContext, found: readonly DoctorCheck[]): Promise<number> {
  const { host, invocation: { home, quiet, json } } = context;
  const checks = found.map((check) => withHome(check, context));
  const failed = checks.filter(({ state }) => state === "fail");
  const report: DoctorReport = { schema: 1, ok: failed.length === 0, home, checks };
  await context.answer(report, () => renderDoctor(report, context.paint, columnsOf(context)));
  if (quiet && !json) await host.write("stderr", failed.map(({ name, detail }) => `${name}: ${detail}\n`).join(""));
  return report.ok ? 0 : 1;
}

/** A home that only a flag tells has to be told to the command that mends, too, or that would meet another instance. */
function withHome(check: DoctorCheck, { invocation: { home, given } }: CommandContext): DoctorCheck {
  if (check.remedy === undefined || given.get("home")?.source.kind !== "flag") return check;
  return {
    ...check,
    remedy: check.remedy.replaceAll(/\bstigmer-local [a-z]+/g, (command) => `${command} --home ${shellWord(home)}`),
  };
}
