import process from "node:process";
import type { Host } from "../platform/runtime/host.ts";
import { runsTypeScript } from "../platform/runtime/runs_typescript.ts";

/**
 * The command line that runs the supervisor under the runtime that we run on, and what it adds to the environment.
 *
 * Deno's `process.execArgv` is empty, so its flags are built anew. A young generation that does not grow keeps the heap of a
 * process that allocates little for a long time small (70 instead of 120 MB after 200 crashes); with 4 MB from the beginning
 * a start collects no garbage, which takes 4 ms. `--single-threaded-gc` saves 1 MB. Not `--lite-mode` and the like, which
 * would save more: V8 takes what it compiled for other flags for useless, and Deno keeps one cache for all its processes,
 * so that each start of a supervisor would cost 40 ms more, and the next command as well (`cached_data_version_tag`). Its
 * look for a new Deno takes 3 MB, and is none of a daemon's business.
 */
export function supervisorCommand(host: Host): {
  command: string;
  args: string[];
  env: Record<string, string>;
} {
  const main = new URL("../supervisor/main.ts", import.meta.url);
  if (host.runtime === "deno") {
    const args = [
      "run",
      "-A",
      "--quiet",
      "--no-prompt",
      "--no-config",
      "--v8-flags=--min-semi-space-size=4,--max-semi-space-size=4,--single-threaded-gc",
    ];
    const path = main.protocol === "file:" ? pathOf(main) : main.href;
    return { command: process.execPath, args: [...args, path], env: { DENO_NO_UPDATE_CHECK: "1" } };
  }
  const entry = runsTypeScript ? main : new URL("../supervisor/main_node.cjs", import.meta.url);
  return { command: process.execPath, args: ["--max-semi-space-size=1", pathOf(entry)], env: {} };
}

/** `node:url` would cost Deno 1.5 ms; what it does beyond this is for Windows. */
function pathOf(url: URL): string {
  return decodeURIComponent(url.pathname);
}
