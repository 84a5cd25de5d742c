/** The test results of one or more files. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export type RuntimeName = "deno" | "node";

export function addCounts(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/**
 * Reads the last summary of the runtime's own reporter. A missing summary, or a non-zero exit without a failed test (the
 * file crashed, or could not be loaded), counts as one failure.
 */
export function readCounts(runtime: RuntimeName, output: string, hasFailed: boolean): Counts {
  const counts = runtime === "deno" ? readDeno(output) : readNode(output);
  if (counts.failed === 0 && hasFailed) return { ...counts, failed: 1 };
  return counts;
}

/** `FAILED | 2 passed (2 steps) | 2 failed | 1 ignored (1 step) (115ms)` */
function readDeno(output: string): Counts {
  const line = output.split("\n").findLast((line) => /^(ok|FAILED) \| \d+ passed/.test(line));
  const count = (word: string): number => {
    const [, tests = "0", steps = "0"] = new RegExp(`(\\d+) ${word}(?: \\((\\d+) steps?\\))?`).exec(line ?? "") ?? [];
    return Number(tests) + Number(steps);
  };
  return { passed: count("passed"), failed: count("failed"), skipped: count("ignored") };
}

/** Lines such as `ℹ pass 3`; cancelled tests are those that timed out. */
function readNode(output: string): Counts {
  const count = (word: string): number =>
    Number([...output.matchAll(new RegExp(`^ℹ ${word} (\\d+)$`, "gm"))].at(-1)?.[1] ?? 0);
  return {
    passed: count("pass"),
    failed: count("fail") + count("cancelled"),
    skipped: count("skipped") + count("todo"),
  };
}
