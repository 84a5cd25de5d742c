/**
 * Runs random failures on real instances of this tool, and proves that they do no harm. See docs/chaos.md.
 *
 *   make chaos SECONDS=600 SEED=42
 *   node --import tsx scripts/in_test_env.ts tests/chaos/main.ts --seconds 60 [--seed N] [--runtime deno|node] [--trace] [--keep]
 */
import process from "node:process";
import { parseArgs } from "@std/cli/parse-args";
import { type Runtime, temporalBinary } from "../e2e/support.ts";
import { runChaos } from "./chaos.ts";
import { openJournal } from "./journal.ts";
import { renderResult, renderViolation } from "./report.ts";

const PROGRESS_INTERVAL_MS = 30_000;

process.exitCode = await main(process.argv.slice(2));

async function main(argv: string[]): Promise<number> {
  if (process.platform !== "linux") {
    console.error("The chaos test needs Linux: it uses /proc to see which process has a database open");
    return 2;
  }
  const args = parseArgs(argv, { string: ["seconds", "seed", "runtime"], boolean: ["trace", "keep"] });
  const seconds = readNumber("seconds", args.seconds ?? "60");
  const seed = readNumber("seed", args.seed ?? `${Date.now() % 1_000_000}`);
  console.log(`chaos: seed ${seed}, ${seconds} s (replay: make chaos SECONDS=${seconds} SEED=${seed})`);

  const interrupt = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => interrupt.abort());
  const journal = openJournal(args.trace ? (line) => console.log(line) : null);
  const startedMs = performance.now();
  let actions = 0;
  const progress = setInterval(() => {
    console.log(`  ${Math.round((performance.now() - startedMs) / 1000)} s: ${actions} actions`);
  }, PROGRESS_INTERVAL_MS);
  const result = await runChaos({
    seed,
    seconds,
    temporal: temporalBinary(),
    runtime: readRuntime(args.runtime),
    journal,
    signal: interrupt.signal,
    keep: args.keep,
    onAction: (number) => actions = number,
    onViolation: (violation, world) => console.log(renderViolation(violation, world, journal, { seed, seconds })),
  });
  clearInterval(progress);
  if (result !== null) console.log(renderResult(result, journal, performance.now() - startedMs));
  return result !== null ? 0 : interrupt.signal.aborted ? 130 : 1;
}

function readNumber(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`Cannot read --${name}: it must be a number, current value is ${text}`);
  return Number(text);
}

function readRuntime(text: string | undefined): Runtime | null {
  if (text === undefined || text === "deno" || text === "node") return text ?? null;
  throw new Error(`Cannot read --runtime: it must be deno or node, current value is ${text}`);
}
