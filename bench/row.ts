import { type Figure, type Measurement, type Runtime, RUNTIMES } from "./measurement.ts";
import { type Scratch, withScratch } from "./scratch.ts";

/** How to measure a row. */
export interface Effort {
  /** The number of runs per figure; a row that takes minutes may use fewer. */
  runs: number;
  /** A first impression: fewer crashes, shorter waits. */
  isQuick: boolean;
}

/** One row of the table of figures, or two that are measured together. */
export interface Row {
  /** Its name for `--rows`. */
  name: string;
  measure(effort: Effort): Promise<Measurement[]>;
}

/** The results of `runs` rounds, one after another; `round` gets the number of the round. */
export async function inRounds<T>(runs: number, round: (number: number) => Promise<T[]>): Promise<T[]> {
  const all: T[] = [];
  for (let number = 0; number < runs; number++) all.push(...await round(number));
  return all;
}

/** `items`, rotated by one each round, because the first and the last one find different caches. */
export function inTurn<T>(items: readonly T[], round: number): T[] {
  const first = round % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}

/** What `measure` finds with a home of its own. */
async function measureOn(
  runtime: Runtime,
  measure: (scratch: Scratch, runtime: Runtime) => Promise<Figure[]>,
): Promise<Measurement[]> {
  const figures = await withScratch((scratch) => measure(scratch, runtime));
  return figures.map((figure) => ({ ...figure, runtime }));
}

/** {@linkcode measureOn} all runtimes at once, for what is nearly all waiting. */
export async function measureOnAllAtOnce(
  measure: (scratch: Scratch, runtime: Runtime) => Promise<Figure[]>,
): Promise<Measurement[]> {
  return (await Promise.all(RUNTIMES.map((runtime) => measureOn(runtime, measure)))).flat();
}

/** {@linkcode measureOn} each runtime, one after another, in the order of the round. */
export async function measureOnEach(
  round: number,
  measure: (scratch: Scratch, runtime: Runtime) => Promise<Figure[]>,
): Promise<Measurement[]> {
  const all: Measurement[] = [];
  for (const runtime of inTurn(RUNTIMES, round)) all.push(...await measureOn(runtime, measure));
  return all;
}
