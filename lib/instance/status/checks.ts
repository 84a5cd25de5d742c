import type { Settings } from "../../config/settings.ts";
import { isDead, type Processes } from "../../platform/processes/processes.ts";
import type { InstancePaths } from "../paths.ts";
import { readPidFile } from "../pid_file.ts";
import { isRecordedProcess } from "../pid_file_format.ts";
import { frontendAddress, uiAddress } from "./addresses.ts";
import { checkData } from "./data_check.ts";
import type { Probe, ProbeResult, Readiness } from "./probe.ts";
import type { Check } from "./status.ts";

/** The Temporal to check. */
export interface CheckTarget {
  paths: InstancePaths;
  processes: Processes;
  settings: Settings;
  pid: number;
  /** Its start time, as recorded earlier. */
  startTime: string;
  /** When it was started, in Unix ms. */
  startedAtMs: number;
  probe: Probe;
  timeoutMs: number;
  /** When it became ready, if under this supervisor. */
  readiness?: Readiness | undefined;
}

/**
 * How long the probes that proved readiness are reused, in ms: right after its start Temporal takes 10 ms to answer.
 */
const FRESH_MS = 50;

/** Checks and times each layer of a running Temporal, from the lock to the data. Has no side effects. */
export async function checkLayers(target: CheckTarget): Promise<Check[]> {
  const { paths, processes, pid, settings } = target;
  const network = askNetwork(target);
  const seen = processes.inspect(pid);
  const { record, unusable } = readPidFile(paths);
  const local = [
    await timed("lock", () => {
      const holder = processes.lockHolders(paths.processLock, pid).find((each) => each.pid === pid);
      return holder === undefined
        ? { ok: false, detail: `pid ${pid} does not hold ${paths.processLock}` }
        : { ok: true, detail: holder.on === "path" ? `held by pid ${pid}` : `held by pid ${pid} on a deleted file` };
    }),
    await timed("record", () => {
      if (record === null) return { ok: false, detail: unusable ?? "missing" };
      return { ok: record.pid === pid, detail: `pid ${record.pid}` };
    }),
    await timed("process", () => {
      if (seen === null || isDead(seen)) return { ok: false, detail: `pid ${pid} is not running` };
      const detail = `pid ${pid}, group ${seen.pgid}, state ${seen.state}${
        seen.state === "T" ? " (stopped by a signal)" : ""
      }`;
      return { ok: seen.pgid === pid && seen.state !== "T", detail };
    }),
    await timed("identity", () => {
      if (seen === null) return { ok: false, detail: "no process" };
      const isRecorded = record !== null && isRecordedProcess(record, seen, processes.bootId());
      const ok = isRecorded || seen.startTime === target.startTime;
      return { ok, detail: seen.executable ?? seen.command };
    }),
    await timed("port", () => {
      const ok = processes.groupListensOn(pid, settings.port);
      return {
        ok,
        detail: ok ? frontendAddress(settings) : `no process in group ${pid} listens on port ${settings.port}`,
      };
    }),
  ];
  const data = await timed("data", () => checkData(paths, settings, target.startedAtMs, Date.now()));
  return [...local, ...await network, data];
}

async function askNetwork({ settings, probe, timeoutMs, readiness }: CheckTarget): Promise<Check[]> {
  const ui = uiAddress(settings) ?? "headless";
  if (readiness !== undefined && performance.now() - readiness.atMs < FRESH_MS) {
    const { grpcMs, uiMs } = readiness;
    return [
      { name: "grpc", ok: true, detail: "SERVING", ms: rounded(grpcMs) },
      { name: "ui", ok: true, detail: ui, ms: rounded(uiMs) },
    ];
  }
  return await Promise.all([
    timed("grpc", () => probe.serving(timeoutMs).then((result) => describeProbe(result, "SERVING"))),
    timed("ui", () => probe.ui(timeoutMs).then((result) => describeProbe(result, ui))),
  ]);
}

function describeProbe(result: ProbeResult, detail: string): { ok: boolean; detail: string } {
  return result.ok ? { ok: true, detail } : { ok: false, detail: result.problem };
}

async function timed(
  name: Check["name"],
  look: () => { ok: boolean; detail: string } | Promise<{ ok: boolean; detail: string }>,
): Promise<Check> {
  const start = performance.now();
  const result = await look();
  return { name, ...result, ms: rounded(performance.now() - start) };
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}

/** Whether all checks passed that health depends on, i.e. all but those of the files that the supervisor writes. */
export function areHealthy(checks: readonly Check[]): boolean {
  return checks.length > 0 && checks.every(({ name, ok }) => ok || name === "record" || name === "lock");
}
