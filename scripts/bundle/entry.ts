#!/usr/bin/env node
/** The entry point of the one file: the command line, or the supervisor that it spawns from the same file. */
import { SUPERVISE } from "../../lib/platform/packaging/bundle.ts";

const globals = globalThis as { Deno?: { args: string[] }; process?: NodeJS.Process };

// The first access to `process` costs Deno 14 ms; the most frequent commands do without it.
if (globals.Deno === undefined && globals.process?.getBuiltinModule === undefined) {
  console.error("error: Node is too old for stigmer-local\nhint: Use Node 20.16 or later, or Deno");
  if (globals.process !== undefined) globals.process.exitCode = 1;
} else if ((globals.Deno?.args[0] ?? globals.process?.argv[2]) === SUPERVISE) {
  await import("../../lib/supervisor/main.ts");
} else {
  const { main } = await import("../../lib/commands/main.ts");
  const { host, exitCode } = await main();
  host.exit(exitCode);
}
