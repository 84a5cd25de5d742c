import { listNumbers, readProcText, readStat } from "./proc_files.ts";
import { isDead } from "./processes.ts";
import { runToolLater } from "./run_tool.ts";

/** What the live members of a process group use. */
export interface GroupUsage {
  /**
   * On Linux their private memory (`RssAnon` of proc_pid_status(5)), which is what the machine gets back from them; on macOS
   * their resident memory, which ps(1) knows, so that shared pages count once per member.
   */
  memoryBytes: number;
  /** Processor time since the start of each, of user and system. */
  cpuMs: number;
}

/** Reads the usage of several process groups, by group ID; those without a live member are missing. */
export type ReadGroupUsage = (pgids: readonly number[]) => Promise<Map<number, GroupUsage>>;

/** {@linkcode ReadGroupUsage} of a platform, as `process.platform` names it. */
export function groupUsageOn(platform: string): ReadGroupUsage {
  return platform === "darwin" ? usageByPs : (pgids) => Promise.resolve(usageByProc(pgids));
}

/** A clock tick of `/proc/PID/stat`: USER_HZ is 100 on every processor that Deno and Node run on. */
const TICK_MS = 10;

/** @param proc Path of the proc file system. */
export function usageByProc(pgids: readonly number[], proc = "/proc"): Map<number, GroupUsage> {
  const usage = new Map<number, GroupUsage>();
  for (const pid of pgids.length === 0 ? [] : listNumbers(proc)) {
    const stat = readStat(`${proc}/${pid}`);
    if (stat === null || !pgids.includes(stat.pgid) || isDead(stat)) continue;
    const status = readProcText(`${proc}/${pid}/status`);
    if (status !== null) add(usage, stat.pgid, privateBytes(status), stat.cpuTicks * TICK_MS);
  }
  return usage;
}

/** Linux before 4.5 has no `RssAnon`. */
function privateBytes(status: string): number {
  const kilobytes = /^RssAnon:\s*(\d+) kB/m.exec(status) ?? /^VmRSS:\s*(\d+) kB/m.exec(status);
  return Number(kilobytes?.[1] ?? 0) * 1024;
}

async function usageByPs(pgids: readonly number[]): Promise<Map<number, GroupUsage>> {
  if (pgids.length === 0) return new Map();
  return parsePsUsage(await runToolLater("ps", ["-axo", "pgid=,stat=,rss=,time="]), pgids);
}

/** The usage in the output of `ps -axo pgid=,stat=,rss=,time=`, where memory is in KiB and time `[[D-]H:]M:S.CC`. */
export function parsePsUsage(text: string, pgids: readonly number[]): Map<number, GroupUsage> {
  const usage = new Map<number, GroupUsage>();
  for (const line of text.split("\n")) {
    const match = /^\s*(\d+)\s+(\S+)\s+(\d+)\s+(?:(\d+)-)?((?:\d+:)+[\d.]+)\s*$/.exec(line);
    if (match === null) continue;
    const [, pgid, state, kilobytes, days = "0", clock] = match;
    if (state!.startsWith("Z") || !pgids.includes(Number(pgid))) continue;
    const seconds = clock!.split(":").reduce((sum, part) => sum * 60 + Number(part), 0) + Number(days) * 86_400;
    add(usage, Number(pgid), Number(kilobytes) * 1024, seconds * 1000);
  }
  return usage;
}

function add(usage: Map<number, GroupUsage>, pgid: number, memoryBytes: number, cpuMs: number): void {
  const sum = usage.get(pgid) ?? { memoryBytes: 0, cpuMs: 0 };
  usage.set(pgid, { memoryBytes: sum.memoryBytes + memoryBytes, cpuMs: sum.cpuMs + cpuMs });
}
