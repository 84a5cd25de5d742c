import { parseArgs } from "node:util";

/** The arguments of `bench/main.ts`. */
export interface Options {
  /** The names of the rows to measure; all when empty. */
  rows: string[];
  runs: number;
  isQuick: boolean;
  /** Exit with 1 when a figure misses its limit. */
  isStrict: boolean;
}

/** Fewer runs give no stable median. */
const DEFAULT_RUNS = 7;

/**
 * Reads the arguments: `--rows a,b`, `--runs N`, `--quick`, `--strict`.
 *
 * @param known The names that `--rows` accepts.
 * @throws {TypeError} for anything else
 */
export function readOptions(args: readonly string[], known: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: "string", default: "" },
      runs: { type: "string" },
      quick: { type: "boolean", default: false },
      strict: { type: "boolean", default: false },
    },
  });
  const rows = values.rows.split(",").filter((name) => name !== "");
  const unknown = rows.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new TypeError(`Unknown row '${unknown}': it must be one of ${known.join(", ")}`);
  const runs = Number(values.runs ?? (values.quick ? 3 : DEFAULT_RUNS));
  if (!Number.isSafeInteger(runs) || runs < 1) {
    throw new TypeError(`--runs must be a positive integer, current value is '${values.runs}'`);
  }
  return { rows, runs, isQuick: values.quick, isStrict: values.strict };
}
