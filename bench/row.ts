import type { Measurement } from "./measurement.ts";

/** How a row is to be measured. */
export interface Effort {
  /** How often each figure is taken; a row that takes minutes may take it less often. */
  runs: number;
  /** A first impression: fewer crashes, shorter waits. */
  isQuick: boolean;
}

/** One row of the table of figures, or two that are measured together. */
export interface Row {
  /** As `--rows` names it. */
  name: string;
  measure(effort: Effort): Promise<Measurement[]>;
}

/** The measurements of `runs` rounds, one after another; the round tells its number, by which turns can be taken. */
export async function inRounds(
  runs: number,
  round: (number: number) => Promise<Measurement[]>,
): Promise<Measurement[]> {
  const all: Measurement[] = [];
  for (let number = 0; number < runs; number++) all.push(...await round(number));
  return all;
}

/** `items`, beginning with another one each round: what comes first finds other caches than what comes last. */
export function inTurn<T>(items: readonly T[], round: number): T[] {
  const first = round % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}
