import { readdirSync, readFileSync } from "node:fs";

/** Resident memory of a process in MB (proc_pid_status(5), VmRSS). */
export function residentMbOf(pid: number): number {
  const kilobytes = /^VmRSS:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  if (kilobytes === undefined) throw new Error(`pid ${pid} has no memory figures: it has exited`);
  return Number(kilobytes) / 1024;
}

/**
 * CPU time of a process, in ms. From the scheduler's counters of its threads (in ns), because a tick of proc_pid_stat(5)
 * is 10 ms; the threads of a supervisor live as long as it does.
 */
export function cpuMsOf(pid: number): number {
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
