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

/** A number for some of the floors. */
export type Floors = Readonly<Partial<Record<Floor, number>>>;

/** The limit of a figure: a sum of multiples of floors, and a constant in the figure's own unit. */
export type Limit = Floors & { readonly constant?: number };

/** One figure of one run. */
export interface Figure {
  /** The row of the table. */
  what: string;
  value: number;
  unit: Unit;
  /** Measured right beside it. */
  floors?: Floors;
  limit: Limit;
}

/** A figure, and the runtime that it is about. */
export interface Measurement extends Figure {
  runtime: Runtime;
}

/** `count`: of failures, or of things left behind. */
export type Unit = "ms" | "MB" | "%" | "count";
