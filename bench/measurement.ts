/** How the tool is run: on Deno from source, on Deno as the one file, on Node as the one file. */
export type Runtime = "deno" | "deno-file" | "node";

/** All, in the order of the table. */
export const RUNTIMES: readonly Runtime[] = ["deno", "deno-file", "node"];

/**
 * The time that the machine needs without the tool, in ms, measured beside each run: `T` Temporal spawned directly, to
 * SERVING; `S` its SIGTERM to its exit; `R` an empty script on the same runtime; `P` the program of a process beside Temporal,
 * spawned directly, until it is ready; `E` its SIGTERM to its exit.
 */
export type Floor = "T" | "S" | "R" | "P" | "E";

/** The limit of a figure: a sum of multiples of floors, and a constant in the figure's own unit. */
export interface Limit {
  constant: number;
  factors: Readonly<Partial<Record<Floor, number>>>;
}

/** One figure of one run, with the floors measured right beside it. */
export interface Measurement {
  /** The row of the table. */
  what: string;
  runtime: Runtime;
  value: number;
  unit: Unit;
  floors: Readonly<Partial<Record<Floor, number>>>;
  limit: Limit;
}

/** `count`: of failures, or of things left behind. */
export type Unit = "ms" | "MB" | "%" | "count";
