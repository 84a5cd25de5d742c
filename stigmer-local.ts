#!/usr/bin/env -S deno run -A --no-prompt
/**
 * stigmer-local: runs and supervises a local Temporal dev server.
 *
 * Runs as `deno run -A stigmer-local.ts …`, as `npx tsx stigmer-local.ts …` (Node 20.16 and later), and on Node 22.18 and
 * later as `node stigmer-local.ts …`.
 *
 * @module
 */
import { main } from "./lib/commands/main.ts";

const { host, exitCode } = await main();
host.exit(exitCode);
