import { execFileSync } from "node:child_process";
import { cpus, loadavg, release, totalmem, type } from "node:os";
import process from "node:process";
import { requireEnv } from "./runtimes.ts";

/** The machine that the figures were measured on, a line each. */
export function describeMachine(): string[] {
  const [cpu] = cpus();
  return [
    `${cpus().length} × ${cpu?.model.trim() ?? "unknown processor"}, ${
      Math.round(totalmem() / 2 ** 30)
    } GB, ${type()} ${release()}`,
    `Deno ${firstLine(requireEnv("STIGMER_TEST_DENO")).split(" ")[1]}, Node ${process.versions.node}, ${
      firstLine(requireEnv("STIGMER_TEST_TEMPORAL"))
    }`,
  ];
}

/** The load average of the last minute: above the number of processors, the figures measure the load. */
export function load(): string {
  return loadavg()[0]!.toFixed(2);
}

function firstLine(binary: string): string {
  return execFileSync(binary, ["--version"], { encoding: "utf8" }).split("\n")[0]!;
}
