import { readdirSync, readFileSync } from "node:fs";
import { delay } from "../lib/platform/runtime/delay.ts";

/**
 * Memory of a process in MB: its private pages, and its share of those that other processes map too (proc_pid_smaps(5),
 * `Pss`).
 */
export function memoryMbOf(pid: number): number {
  const kilobytes = /^Pss:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1];
  if (kilobytes === undefined) throw new Error(`pid ${pid} has no memory figures: it has exited`);
  return Number(kilobytes) / 1024;
}

/** What a process takes: its memory after `spanMs`, and its CPU time in them. */
export async function usageOver(pid: number, spanMs: number): Promise<{ memoryMb: number; cpuPercent: number }> {
  const before = cpuMsOf(pid);
  const startedAt = performance.now();
  await delay(spanMs);
  const cpuPercent = 100 * (cpuMsOf(pid) - before) / (performance.now() - startedAt);
  return { memoryMb: memoryMbOf(pid), cpuPercent };
}

/**
 * CPU time of a process, in ms. From the scheduler's counters of its threads (in ns), because a tick of proc_pid_stat(5)
 * is 10 ms; the threads of a supervisor live as long as it does.
 */
function cpuMsOf(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce(
    (sum, thread) => sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]) / 1e6,
    0,
  );
}

/** The number of open descriptors of a process. */
export function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
