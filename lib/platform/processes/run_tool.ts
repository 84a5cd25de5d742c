import { spawnSync } from "node:child_process";
import process from "node:process";
import { isNotOnPath, LocalError } from "../../errors/local_error.ts";

/** Runs a system tool and returns its stdout, whatever its exit code. */
export type RunTool = (tool: string, args: readonly string[]) => string;

/** Timeout in ms: lsof can hang on an unresponsive file server. */
const DEADLINE_MS = 10_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/**
 * Runs `ps`, `lsof` or `sysctl` under the C locale, which fixes the format of dates and numbers. Blocks for 5–50 ms,
 * during which no signal is handled.
 *
 * @throws {LocalError} `internal` if the tool is missing or hangs
 */
export function runTool(tool: string, args: readonly string[]): string {
  const { stdout, error } = spawnSync(tool, args, {
    encoding: "utf8",
    // On macOS, lsof and sysctl are in /usr/sbin, which may be missing from PATH.
    env: { PATH: `${process.env.PATH ?? ""}:/usr/bin:/bin:/usr/sbin:/sbin`, LC_ALL: "C" },
    stdio: ["ignore", "pipe", "ignore"],
    timeout: DEADLINE_MS,
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  if (error === undefined) return stdout;
  const why = isNotOnPath(error) ? "command not found" : error.message;
  throw new LocalError("internal", `Cannot run ${tool}: ${why}`, { facts: { tool, args }, cause: error });
}
