import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { systemErrorCode } from "../../lib/errors/local_error.ts";
import type { World } from "./world.ts";

/** A live process that this run started. */
export interface Marked {
  pid: number;
  command: string;
}

/** The live processes with the run's mark in their environment: commands, supervisors, Temporals, bystanders. */
export function findMarked({ mark }: World): Marked[] {
  const wanted = `${mark.name}=${mark.value}`;
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((name) => {
    try {
      // A zombie's environment is empty.
      if (!readFileSync(`/proc/${name}/environ`, "latin1").split("\0").includes(wanted)) return [];
      const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      return [{ pid: Number(name), command }];
    } catch (error) {
      if (systemErrorCode(error) === undefined) throw error;
      return []; // it has exited meanwhile
    }
  });
}

/** Kills all processes of this run, and waits until they are dead. */
export async function endMarked(world: World): Promise<void> {
  for (let round = 0; round < 200; round++) {
    const marked = findMarked(world);
    if (marked.length === 0) return;
    for (const { pid } of marked) {
      try {
        process.kill(pid, "SIGKILL");
      } catch (error) {
        if (systemErrorCode(error) !== "ESRCH") throw error;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
