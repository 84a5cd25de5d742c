import { spawnSync } from "node:child_process";
import process from "node:process";
import { isNotOnPath, LocalError } from "../../errors/local_error.ts";

/** Runs a program of the system and gives what it printed on stdout, whatever its exit code. */
export type RunTool = (tool: string, args: readonly string[]) => string;

/** lsof can wait for a file server that does not answer. In ms. */
const DEADLINE_MS = 10_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/**
 * Runs `ps`, `lsof` or `sysctl` under the C locale: in others dates and numbers have another form. Blocks for the
 * 5–50 ms that they take; no signal is handled meanwhile.
 *
 * @throws {LocalError} `internal` when the tool is missing or does not end
 */
export function runTool(tool: string, args: readonly string[]): string {
  const { stdout, error } = spawnSync(tool, args, {
    encoding: "utf8",
    // macOS has lsof and sysctl in /usr/sbin, which not every PATH names.
    env: { PATH: `${process.env.PATH ?? ""}:/usr/bin:/bin:/usr/sbin:/sbin`, LC_ALL: "C" },
    stdio: ["ignore", "pipe", "ignore"],
    timeout: DEADLINE_MS,
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  if (error === undefined) return stdout;
  const why = isNotOnPath(error) ? "it is not there" : error.message;
  throw new LocalError("internal", `Cannot run ${tool}: ${why}`, { facts: { tool, args }, cause: error });
}
