import { lstatSync, readFileSync } from "node:fs";
import { arch, release } from "node:os";
import { compareVersions } from "../config/temporal_versions.ts";
import { findExecutable, findSystemTool } from "../platform/spawn/executable.ts";
import type { DoctorContext, RunCheck } from "./context.ts";
import { diagnose, type Diagnosis, failed, type Finding, judgeClock, warning } from "./findings.ts";

const OLDEST_NODE = "20.16.0";

/** Reports the operating system, the architecture and the kernel. */
export function checkPlatform({ host }: Pick<DoctorContext, "host">): Diagnosis {
  const wsl = /microsoft/i.exec(release()) === null ? "" : ", in WSL";
  return diagnose("platform", [], `${host.platform} ${arch()}, kernel ${release()}${wsl}`);
}

/** Checks the runtime of this process. */
export function checkRuntime({ host }: Pick<DoctorContext, "host">): Diagnosis {
  const { runtime, runtimeVersion, env } = host;
  const other = runtime === "deno" ? "node" : "deno";
  const where = findExecutable(other, env["PATH"]);
  const isOld = runtime === "node" && compareVersions(runtimeVersion, OLDEST_NODE) < 0;
  const findings = isOld ? [failed(`Node ${runtimeVersion} is too old`, "Install Node 20.16 or later, or Deno")] : [];
  const also = where === null ? `no ${other} on PATH` : `${other} also available`;
  return diagnose("runtime", findings, `${runtime} ${runtimeVersion}; ${also}`);
}

/** The system programs, and what each is for. Only `go` has to be on PATH. */
const TOOLS: Readonly<Record<string, string>> = {
  flock: "locks under Node",
  perl: "locks under Node without flock",
  ps: "macOS",
  lsof: "macOS",
  sysctl: "macOS",
  go: "builds Temporal where downloads are blocked",
};
const NOT_ON: Readonly<Record<string, readonly string[]>> = {
  darwin: ["flock", "perl"],
  linux: ["ps", "lsof", "sysctl"],
};

/** Checks for the system programs that this tool uses, found as it finds them. */
export const checkTools: RunCheck = ({ host }) => {
  const { PATH } = host.env;
  const pathOf = (tool: string) => tool === "go" ? findExecutable(tool, PATH) : findSystemTool(tool, PATH);
  const has = (tool: string) => pathOf(tool) !== null;
  const findings: Finding[] = [];
  if (host.platform === "linux" && !has("flock") && !has("perl")) {
    const missing = host.runtime === "deno" ? warning : failed; // Deno can also lock through FFI
    const detail = "flock(1) and perl are missing; locks under Node require one of them";
    findings.push(missing(detail, "Install util-linux, busybox or perl"));
  }
  if (host.platform === "darwin") {
    for (const tool of ["ps", "lsof", "sysctl"].filter((each) => !has(each))) {
      findings.push(failed(`${tool} is missing, which is required to inspect processes`, `Install ${tool}`));
    }
  }
  const tools = Object.keys(TOOLS).filter((tool) => !NOT_ON[host.platform]?.includes(tool));
  const found = tools.filter(has).map((tool) =>
    findExecutable(tool, PATH) === null ? `${pathOf(tool)} (not on PATH)` : pathOf(tool)
  );
  const missing = tools.filter((tool) => !has(tool)).map((tool) =>
    tool === "go" ? `no go on PATH (${TOOLS[tool]})` : `no ${tool} on PATH or in the system's folders (${TOOLS[tool]})`
  );
  return diagnose("tools", findings, [...found, ...missing].join(", "));
};

/** Checks for a clock that was set back, by comparing it with timestamps in the past. */
export const checkClock: RunCheck = ({ host, paths, evidence, nowMs, processes }) => {
  const { record } = evidence;
  const isOfThisBoot = record?.bootId !== undefined && record.bootId === processes.bootId();
  const findings = judgeClock(nowMs, {
    "the boot time": host.platform === "linux" ? bootTimeMs() : null,
    "the start time in temporal.pid": isOfThisBoot ? record.startedAtS * 1000 : null,
    "the last write to the log": lstatSync(paths.temporalLog, { throwIfNoEntry: false })?.mtimeMs ?? null,
    "the last event": lstatSync(paths.history, { throwIfNoEntry: false })?.mtimeMs ?? null,
  });
  return diagnose("clock", findings, new Date(nowMs).toISOString());
};

/** `btime` of proc_stat(5), which moves along when the clock is set. */
function bootTimeMs(): number | null {
  const match = /^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8"));
  return match === null ? null : Number(match[1]) * 1000;
}
