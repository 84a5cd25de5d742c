import type { DoctorReport } from "../core/doctor.ts";
import { instancePaths } from "../core/instance_paths.ts";
import { LocalError } from "../core/local_error.ts";
import { renderDoctor } from "../core/render_doctor.ts";
import { completeSettings } from "../core/settings.ts";
import { findTemporal } from "../supervisor/evidence.ts";
import { examineAll, mendAll } from "../supervisor/examine.ts";
import { lookAround } from "../supervisor/look_around.ts";
import type { Patient } from "../supervisor/patient.ts";
import { processesHere } from "../system/processes_here.ts";
import type { Command, CommandContext } from "./context.ts";
import { currentStatus } from "./status.ts";
import { findOptions } from "./supervisor_order.ts";

/** Checks everything that can go wrong. Exits with 1 when something fails; what only deserves a look is no failure. */
export const doctor: Command = async (context) => {
  const { host, invocation: { home, own } } = context;
  const withNetwork = own["network"] === true;
  const seen = await examineAll(await admit(context), withNetwork);
  const diagnoses = own["fix"] === true ? await mendAll(seen, () => admit(context), withNetwork) : seen;
  const checks = diagnoses.map(({ mend: _mend, ...check }) => check);
  const report: DoctorReport = { schema: 1, ok: checks.every(({ state }) => state !== "fail"), home, checks };
  await context.answer(report, () => renderDoctor(report, context.paint));
  if (!report.ok && context.invocation.quiet && !context.invocation.json) {
    const failed = checks.filter(({ state }) => state === "fail");
    await host.write("stderr", failed.map(({ name, detail }) => `${name}: ${detail}\n`).join(""));
  }
  return report.ok ? 0 : 1;
};

/** What is seen of the instance before it is examined closely. */
async function admit(context: CommandContext): Promise<Patient> {
  const { host, invocation: { home, asked } } = context;
  const paths = instancePaths(home);
  const processes = processesHere(host.platform);
  const finding = findTemporal(paths, processes);
  const record = finding.temporal !== null && finding.onDisk.kind === "record" ? finding.onDisk.record : null;
  return {
    host,
    paths,
    processes,
    hasHome: host.folderOwner(home) !== null,
    status: await statusOf(context),
    finding,
    settings: record?.settings ?? completeSettings(asked, paths.defaultDatabase),
    binary: findOptions(context),
    nowMs: Date.now(),
  };
}

/** The status, also where `status` refuses to look: in a home that others may write to nobody is asked anything. */
async function statusOf(context: CommandContext) {
  try {
    return await currentStatus(context);
  } catch (error) {
    if (!(error instanceof LocalError) || error.code !== "home-unusable") throw error;
    return await lookAround(context.host, context.invocation.home, context.invocation.asked);
  }
}
