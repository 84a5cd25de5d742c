import type { Measurement } from "./measurement.ts";

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

/** The measurements of `runs` rounds, one after another; `round` gets the number of the round. */
export async function inRounds(
  runs: number,
  round: (number: number) => Promise<Measurement[]>,
): Promise<Measurement[]> {
  const all: Measurement[] = [];
  for (let number = 0; number < runs; number++) all.push(...await round(number));
  return all;
}

/** `items`, rotated by one each round, because the first and the last one find different caches. */
export function inTurn<T>(items: readonly T[], round: number): T[] {
  const first = round % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}
