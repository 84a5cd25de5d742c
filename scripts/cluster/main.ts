/**
 * Tests this tool against a real Temporal cluster: one process per service on PostgreSQL, two frontends behind one address,
 * and workflows that run while a frontend and a history process are killed. See docs/beyond-one-machine.md.
 *
 *   make test-cluster
 *   node --import tsx scripts/in_test_env.ts scripts/cluster/main.ts [--keep]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "@std/cli/parse-args";
import { buildBinaries } from "./binaries.ts";
import { endCluster, type Parts, startCluster } from "./cluster.ts";
import { findPostgres } from "./postgres.ts";
import { tryCommands } from "./scenario.ts";

process.exitCode = await main(process.argv.slice(2));

async function main(argv: string[]): Promise<number> {
  const { keep } = parseArgs(argv, { boolean: ["keep"] });
  const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
  const folder = mkdtempSync(join(tmpdir(), "sl-cluster-"));
  const parts: Parts = { services: [], door: null };
  const interrupt = new AbortController();
  const isInterrupted = new Promise<never>((_, reject) => {
    interrupt.signal.addEventListener("abort", () => reject(interrupt.signal.reason));
  });
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => interrupt.abort(new Error(name)));
  const work = async () => {
    const [postgres, binaries] = [await findPostgres(), await buildBinaries(root)];
    const cluster = await startCluster(binaries, postgres, folder, parts, interrupt.signal);
    await tryCommands(cluster, folder);
  };
  let exitCode = 0;
  try {
    await Promise.race([work(), isInterrupted]);
    console.log("ok: the commands work on a cluster, even while its processes are killed");
  } catch (error) {
    exitCode = 1;
    console.error(error instanceof Error ? error.stack ?? error.message : error);
    for (const service of parts.services) {
      console.error(`--- ${service.name}${service.isAlive() ? "" : " (dead)"}, end of its log`);
      console.error(service.output().split("\n").slice(-8).map((line) => line.slice(0, 300)).join("\n"));
    }
  }
  await endCluster(parts);
  if (keep) console.log(`Kept logs and configuration in ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
  if (interrupt.signal.aborted) process.exit(exitCode); // the interrupted work would otherwise keep running
  return exitCode;
}
