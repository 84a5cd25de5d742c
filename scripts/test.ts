/**
 * Runs the tests under Deno and Node; the last line is `N passed, N failed`.
 *
 *   node --import tsx scripts/test.ts [--runtime deno|node] [--only-dir tests/core] [--verbose] [part of a path …]
 */
import { dirname } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "@std/cli/parse-args";
import { addCounts, type Counts, type RuntimeName } from "./testing/counts.ts";
import { findMachine } from "./testing/machine.ts";
import { type FileResult, runFile } from "./testing/run_file.ts";
import { takeTurn } from "./testing/take_turn.ts";
import { findTestFiles, type TestFile } from "./testing/test_file.ts";

const PARALLEL = 2;
const NONE: Counts = { passed: 0, failed: 0, skipped: 0 };

type Job = { file: TestFile; runtime: RuntimeName };

process.exitCode = await main(process.argv.slice(2));

async function main(argv: string[]): Promise<number> {
  const args = parseArgs(argv, { boolean: ["verbose"], string: ["runtime", "only-dir", "_"] });
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const runtimes = (["deno", "node"] as const).filter((name) => !args.runtime || args.runtime === name);
  const files = findTestFiles(root, args["only-dir"] ?? "tests", args._.map(String));
  if (runtimes.length === 0) throw new Error(`Cannot use runtime '${args.runtime}': it must be deno or node`);

  const machine = findMachine(root, files.some((file) => file.needsTemporal));
  const cancel = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => cancel.abort(name));

  const turn = await takeTurn(cancel.signal);
  const jobs = files.flatMap((file) => runtimes.map((runtime) => ({ file, runtime })));
  const results: FileResult[] = [];
  const run = async ({ file, runtime }: Job): Promise<void> => {
    if (cancel.signal.aborted) return;
    const result = await runFile(machine, file, runtime, cancel.signal);
    results.push(result);
    if (!cancel.signal.aborted) report(result, args.verbose);
  };
  await inParallel(jobs.filter((job) => !job.file.isHeavy), PARALLEL, run);
  await inParallel(jobs.filter((job) => job.file.isHeavy), 1, run);
  turn?.close();
  return summarize(runtimes, results, cancel.signal);
}

/** Runs `jobs` in order, at most `width` at once. */
async function inParallel<T>(jobs: T[], width: number, run: (job: T) => Promise<void>): Promise<void> {
  const queue = jobs.values();
  await Promise.all(Array.from({ length: width }, async () => {
    for (const job of queue) await run(job);
  }));
}

/** One line per file, and all that it printed when a test failed. */
function report(result: FileResult, isVerbose: boolean): void {
  const { file, runtime, counts, seconds } = result;
  const isGood = counts.failed === 0;
  const parts = [`${counts.passed} passed`];
  if (counts.failed > 0) parts.push(`${counts.failed} failed`);
  if (counts.skipped > 0) parts.push(`${counts.skipped} skipped`);
  console.log(`${isGood ? "ok  " : "FAIL"} ${runtime} ${file.path}: ${parts.join(", ")} (${seconds.toFixed(1)} s)`);
  if (result.ranOutOfTime) console.log(`     took longer than ${file.limitSeconds} s and was ended`);
  for (const { pid, command } of result.leftovers) console.log(`     left behind, ended now: pid ${pid} ${command}`);
  if (!isGood || isVerbose) console.log(result.output.replace(/^/gm, "     "));
  if (!isGood) console.log(`     log: ${result.logPath}`);
}

/** Prints the sums and returns the exit code. A runtime without a single test has failed: something was not found. */
function summarize(runtimes: readonly RuntimeName[], results: FileResult[], signal: AbortSignal): number {
  let total = NONE;
  console.log("");
  for (const runtime of runtimes) {
    const own = results.filter((result) => result.runtime === runtime).map((result) => result.counts);
    let sum = own.reduce(addCounts, NONE);
    const ran = sum.passed + sum.failed;
    if (ran === 0) sum = { ...sum, failed: 1 };
    const note = ran === 0 ? " (no test ran)" : "";
    console.log(`${runtime}: ${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped${note}`);
    total = addCounts(total, sum);
  }
  if (signal.aborted) {
    console.log(`interrupted by ${signal.reason}`);
    total = { ...total, failed: Math.max(total.failed, 1) };
  }
  for (const { runtime, file } of results.filter((result) => result.counts.failed > 0)) {
    console.log(`failed: ${runtime} ${file.path}`);
  }
  console.log(`${total.passed} passed, ${total.failed} failed`);
  return total.failed === 0 ? 0 : 1;
}
