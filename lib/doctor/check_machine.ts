import { lstatSync, readFileSync } from "node:fs";
import { arch, release } from "node:os";
import { compareVersions } from "../config/temporal_versions.ts";
import { findExecutable } from "../platform/spawn/executable.ts";
import type { DoctorContext, RunCheck } from "./context.ts";
import { diagnose, type Diagnosis, type Finding, judgeClock } from "./findings.ts";

const OLDEST_NODE = "20.0.0";

/** The operating system, the processor and the kernel. */
export function checkPlatform({ host }: Pick<DoctorContext, "host">): Diagnosis {
  const wsl = /microsoft/i.exec(release()) === null ? "" : ", within Windows";
  return diagnose("platform", [], `${host.platform} ${arch()}, kernel ${release()}${wsl}`);
}

/** The runtime that this runs under. */
export function checkRuntime({ host }: Pick<DoctorContext, "host">): Diagnosis {
  const { runtime, runtimeVersion, env } = host;
  const other = runtime === "deno" ? "node" : "deno";
  const where = findExecutable(other, env["PATH"]);
  const isOld = runtime === "node" && compareVersions(runtimeVersion, OLDEST_NODE) < 0;
  return diagnose(
    "runtime",
    isOld
      ? [{ state: "fail", detail: `Node ${runtimeVersion} is too old`, remedy: "Install Node 20 or newer, or Deno" }]
      : [],
    `${runtime} ${runtimeVersion}; ${where === null ? `no ${other} on PATH` : `${other} is there, too`}`,
  );
}

/** The programs of the system that this tool leans on. */
export const checkTools: RunCheck = ({ host }) => {
  const has = (tool: string) =>
    findExecutable(tool, `${host.env["PATH"] ?? ""}:/usr/bin:/bin:/usr/sbin:/sbin`) !== null;
  const findings: Finding[] = [];
  if (host.platform === "linux" && !has("flock") && !has("perl")) {
    // Deno locks by itself where it may use FFI.
    const state = host.runtime === "deno" ? "warn" : "fail";
    findings.push({
      state,
      detail: "neither flock(1) nor perl is there, one of which takes locks under Node",
      remedy: "Install util-linux, busybox or perl",
    });
  }
  if (host.platform === "darwin") {
    for (const tool of ["ps", "lsof"].filter((each) => !has(each))) {
      findings.push({
        state: "fail",
        detail: `${tool} is missing, through which processes are seen`,
        remedy: `Install ${tool}`,
      });
    }
  }
  const list = ["flock", "perl", "lsof", "ps", "go"];
  const missing = list.filter((tool) => !has(tool));
  const detail = `there: ${list.filter(has).join(", ") || "none"}`;
  return diagnose("tools", findings, missing.length === 0 ? detail : `${detail}; not there: ${missing.join(", ")}`);
};

/** Whether the clock goes forward only, as far as files and records tell. */
export const checkClock: RunCheck = ({ host, paths, evidence, nowMs, processes }) => {
  const record = evidence.onDisk.kind === "record" ? evidence.onDisk.record : null;
  const isOfThisBoot = record?.bootId !== undefined && record.bootId === processes.bootId();
  const findings = judgeClock(nowMs, {
    "the start of this machine": host.platform === "linux" ? bootTimeMs() : null,
    "the start in the record": isOfThisBoot ? record.startedAtS * 1000 : null,
    "the last line of the log": lstatSync(paths.temporalLog, { throwIfNoEntry: false })?.mtimeMs ?? null,
    "the last event": lstatSync(paths.history, { throwIfNoEntry: false })?.mtimeMs ?? null,
  });
  return diagnose("clock", findings, new Date(nowMs).toISOString());
};

/** `btime` of proc_stat(5); it follows the clock when that is set. */
function bootTimeMs(): number | null {
  const match = /^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8"));
  return match === null ? null : Number(match[1]) * 1000;
}
