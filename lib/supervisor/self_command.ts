import { fileURLToPath } from "node:url";
import process from "node:process";
import type { Host } from "../system/host.ts";
import { runsTypeScript } from "../system/runs_typescript.ts";

/**
 * The command line that runs the supervisor under the runtime that we run on.
 *
 * Deno's `process.execArgv` is empty, so its flags are built anew. `--max-semi-space-size=1` keeps the heap of a
 * process that allocates little for a long time small (70 instead of 120 MB after 200 crashes, NOTES). `--lite-mode` saves
 * 4 MB more of it under Deno: nothing in a supervisor runs often enough to be worth compiling.
 */
export function supervisorCommand(host: Host): { command: string; args: string[] } {
  const main = new URL("./main.ts", import.meta.url);
  if (host.runtime === "deno") {
    const args = [
      "run",
      "-A",
      "--quiet",
      "--no-prompt",
      "--no-config",
      "--v8-flags=--max-semi-space-size=1,--lite-mode",
    ];
    return { command: process.execPath, args: [...args, main.protocol === "file:" ? fileURLToPath(main) : main.href] };
  }
  const entry = runsTypeScript ? main : new URL("./main_node.cjs", import.meta.url);
  return { command: process.execPath, args: ["--max-semi-space-size=1", fileURLToPath(entry)] };
}
