import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";

/** A process that a test started and left behind. */
export interface Leftover {
  pid: number;
  command: string;
}

/**
 * The live processes with a test run's job id in their environment, or with its `home`, because daemons of the tool drop
 * `STIGMER_…`.
 */
export function findLeftovers(jobId: string, home: string): Leftover[] {
  return processesWith([`STIGMER_TEST_JOB=${jobId}`, `HOME=${home}`]);
}

/** The live processes with one of the `variables` (`NAME=VALUE`) in their environment. Linux only: elsewhere none. */
export function processesWith(variables: readonly string[]): Leftover[] {
  if (process.platform !== "linux") return [];
  const found: Leftover[] = [];
  for (const name of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const environment = readFileSync(`/proc/${name}/environ`, "latin1").split("\0");
      if (!variables.some((variable) => environment.includes(variable))) continue;
      const command = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0").join(" ").trim();
      found.push({ pid: Number(name), command: command.slice(0, 200) });
    } catch {
      // It has exited, or belongs to another user.
    }
  }
  return found;
}

/** Kills them. Their environment proves that the test run started them. */
export function endLeftovers(leftovers: Leftover[]): void {
  for (const { pid } of leftovers) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has exited meanwhile.
    }
  }
}
