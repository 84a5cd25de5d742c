/**
 * Runs the tests under Deno and Node. The last line is `N passed, N failed`.
 *
 *   node --import tsx scripts/test.ts [--runtime deno|node] [--only-dir tests/config] [--quick] [--verbose] [--retry] [part of a path …]
 *
 * `--retry` runs a failed file once more, alone and at the end, and reports files that then pass as unstable: for shared,
 * loaded machines. A file that fails twice has failed. `--quick` runs the unit tests and the ten central scenarios.
 */
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "@std/cli/parse-args";
import { addCounts, type Counts, type RuntimeName } from "./testing/counts.ts";
import { findMachine } from "./testing/machine.ts";
import { type FileResult, runFile } from "./testing/run_file.ts";
import { takeTurn } from "./testing/take_turn.ts";
import { buildTestBundle } from "./testing/test_bundle.ts";
import { findTestFiles, type TestFile } from "./testing/test_file.ts";

/** Files at once: most of them wait for timers and other processes half of their time. */
const PARALLEL = 2 * availableParallelism();
const NONE: Counts = { passed: 0, failed: 0, skipped: 0 };

type Job = { file: TestFile; runtime: RuntimeName };

process.exitCode = await main(process.argv.slice(2));

async function main(argv: string[]): Promise<number> {
  const args = parseArgs(argv, { boolean: ["verbose", "retry", "quick"], string: ["runtime", "only-dir", "_"] });
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const runtimes = (["deno", "node"] as const).filter((name) => !args.runtime || args.runtime === name);
  const files = findTestFiles(root, args["only-dir"] ?? "tests", args._.map(String))
    .filter((file) => !args.quick || file.isQuick);
  if (runtimes.length === 0) throw new Error(`Cannot use runtime '${args.runtime}': it must be deno or node`);

  const needsTemporal = files.some((file) => file.needsTemporal);
  const found = await findMachine(root, needsTemporal);
  const bundle = needsTemporal ? await buildTestBundle(root) : null;
  const machine = bundle === null ? found : { ...found, bundle: bundle.path };
  const cancel = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => cancel.abort(name));

  // Tests without Temporal are light and need not wait.
  const turn = needsTemporal ? await takeTurn(cancel.signal) : null;
  // The long ones first, so that short ones fill the end.
  const jobs = files.toSorted((one, other) => Number(other.needsTemporal) - Number(one.needsTemporal))
    .flatMap((file) => runtimes.map((runtime) => ({ file, runtime })));
  const results = new Map<string, FileResult>();
  const run = async ({ file, runtime }: Job): Promise<void> => {
    if (cancel.signal.aborted) return;
    const result = await runFile(machine, file, runtime, cancel.signal);
    results.set(nameOf(result), result);
    if (!cancel.signal.aborted) report(result, args.verbose);
  };
  await inParallel(jobs.filter((job) => !job.file.isHeavy), PARALLEL, run);
  await inParallel(jobs.filter((job) => job.file.isHeavy), runtimes.length, run);
  const unstable = args.retry ? await retry(results, run) : [];
  turn?.close();
  bundle?.remove();
  return summarize(runtimes, [...results.values()], unstable, cancel.signal);
}

/** Runs `jobs` in order, at most `width` at once. */
async function inParallel<T>(jobs: T[], width: number, run: (job: T) => Promise<void>): Promise<void> {
  const queue = jobs.values();
  await Promise.all(Array.from({ length: width }, async () => {
    for (const job of queue) await run(job);
  }));
}

/** Runs each failed file once more, alone; the second result replaces the first. Returns the files that now passed. */
async function retry(results: Map<string, FileResult>, run: (job: Job) => Promise<void>): Promise<FileResult[]> {
  const failed = [...results.values()].filter(hasFailed);
  await inParallel(failed, 1, run);
  return failed.map((first) => results.get(nameOf(first))!).filter((second) => !hasFailed(second));
}

function nameOf({ file, runtime }: Job): string {
  return `${runtime} ${file.path}`;
}

function hasFailed({ counts }: FileResult): boolean {
  return counts.failed > 0;
}

/** Prints one line per file, and its whole output when a test failed. */
function report(result: FileResult, isVerbose: boolean): void {
  const { file, runtime, counts, seconds } = result;
  const isGood = !hasFailed(result);
  const parts = [`${counts.passed} passed`];
  if (counts.failed > 0) parts.push(`${counts.failed} failed`);
  if (counts.skipped > 0) parts.push(`${counts.skipped} skipped`);
  console.log(`${isGood ? "ok  " : "FAIL"} ${runtime} ${file.path}: ${parts.join(", ")} (${seconds.toFixed(1)} s)`);
  if (result.ranOutOfTime) console.log(`     timed out after ${file.limitSeconds} s and was killed`);
  for (const { pid, command } of result.leftovers) console.log(`     left behind, killed now: pid ${pid} ${command}`);
  if (!isGood || isVerbose) console.log(result.output.replace(/^/gm, "     "));
  if (!isGood) console.log(`     log: ${result.logPath}`);
}

/** Prints the sums and returns the exit code. A runtime that ran no test counts as failed. */
function summarize(
  runtimes: readonly RuntimeName[],
  results: FileResult[],
  unstable: FileResult[],
  signal: AbortSignal,
): number {
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
  for (const result of unstable) console.log(`unstable: ${nameOf(result)} failed, and passed alone`);
  for (const result of results.filter(hasFailed)) console.log(`failed: ${nameOf(result)}`);
  console.log(`${total.passed} passed, ${total.failed} failed`);
  return total.failed === 0 ? 0 : 1;
}
