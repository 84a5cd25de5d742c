import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";

/** A process that a test started and left behind. */
export interface Leftover {
  pid: number;
  command: string;
}

/**
 * The living processes that carry a test run's mark in their environment, or its own `home`: daemons of the tool don't
 * keep what is called `STIGMER_…`. Linux only: elsewhere none are seen.
 */
export function findLeftovers(jobId: string, home: string): Leftover[] {
  if (process.platform !== "linux") return [];
  const found: Leftover[] = [];
  for (const name of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const environment = readFileSync(`/proc/${name}/environ`, "latin1").split("\0");
      if (!environment.includes(`STIGMER_TEST_JOB=${jobId}`) && !environment.includes(`HOME=${home}`)) continue;
      const command = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0").join(" ").trim();
      found.push({ pid: Number(name), command: command.slice(0, 120) });
    } catch {
      // Gone, or another user's.
    }
  }
  return found;
}

/** Ends them. They carry our own mark, so they are ours. */
export function endLeftovers(leftovers: Leftover[]): void {
  for (const { pid } of leftovers) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // Gone meanwhile.
    }
  }
}
