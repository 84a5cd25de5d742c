/**
 * Runs a script (the benchmark, the chaos test …) in the environment of the tests: both runtimes and a real Temporal in
 * `STIGMER_TEST_…`, and a temporary home. Processes that the script leaves behind are reported and killed.
 *
 *   node --import tsx scripts/in_test_env.ts bench/main.ts [arguments …]
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { endLeftovers, findLeftovers } from "./testing/leftovers.ts";
import { findMachine, testEnvironment } from "./testing/machine.ts";
import { takeTurn } from "./testing/take_turn.ts";
import { buildTestBundle } from "./testing/test_bundle.ts";

process.exitCode = await main(process.argv[2], process.argv.slice(3));

async function main(script: string | undefined, args: string[]): Promise<number> {
  if (!script) {
    console.error("Missing argument: the script to run");
    return 2;
  }
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const bundle = await buildTestBundle(root);
  const machine = { ...await findMachine(root, true), bundle: bundle.path };
  // A test run in parallel would distort the figures, and a chaos test would make tests time out.
  const turn = await takeTurn(new AbortController().signal);
  const jobId = `${process.pid}-${script}`;
  const home = mkdtempSync(join(tmpdir(), "sl-"));
  const child = spawn(machine.node, [...process.execArgv, script, ...args], {
    stdio: "inherit",
    env: testEnvironment(machine, home, jobId),
  });
  // The terminal sends Ctrl-C to the script too: wait until it exits by itself.
  process.on("SIGINT", () => {});
  for (const name of ["SIGTERM", "SIGHUP"] as const) process.on(name, () => child.kill(name));
  const exitCode = await new Promise<number>((resolve) => {
    child.on("error", () => resolve(1));
    child.on("exit", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 1)));
  });
  const leftovers = findLeftovers(jobId, home);
  for (const { pid, command } of leftovers) console.error(`left behind, killed now: pid ${pid} ${command}`);
  endLeftovers(leftovers);
  rmSync(home, { recursive: true, force: true, maxRetries: 3 });
  turn?.close();
  bundle.remove();
  return exitCode;
}
