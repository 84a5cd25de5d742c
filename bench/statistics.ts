import type { Floor, Floors, Limit, Measurement, Runtime, Unit } from "./measurement.ts";

/** All runs of one figure, summarized. */
export interface Summary {
  what: string;
  runtime: Runtime;
  unit: Unit;
  limit: Limit;
  runs: number;
  median: number;
  /** The middle half of the runs lies between these. */
  quartiles: readonly [low: number, high: number];
  floors: Floors;
  /** The median of the limits that the floors beside each run gave. */
  allowed: number;
  /**
   * The median, over the runs, of the limit minus the value: each run is compared with floors measured at the same time, so
   * that a changing load affects both. Below 0 the figure misses its limit.
   */
  margin: number;
}

/** The middle of `values`, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/**
 * The value below which the fraction `part` of `values` lies, between two neighbours in proportion.
 *
 * @throws {RangeError} when there are none
 */
export function quantile(values: readonly number[], part: number): number {
  if (values.length === 0) throw new RangeError("Cannot take a quantile of no values");
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * part;
  const below = sorted[Math.floor(place)]!;
  const above = sorted[Math.ceil(place)]!;
  return below + (above - below) * (place - Math.floor(place));
}

/**
 * The value of `limit`, given the floors.
 *
 * @throws {RangeError} when one of its floors was not measured
 */
export function allowedBy({ constant = 0, ...factors }: Limit, floors: Floors = {}): number {
  let sum = constant;
  for (const [floor, factor] of Object.entries(factors) as [Floor, number][]) {
    const value = floors[floor];
    if (value === undefined) throw new RangeError(`Cannot compute the limit: floor ${floor} was not measured`);
    sum += factor * value;
  }
  return sum;
}

/** Summarizes the measurements of each figure on each runtime, in the order of their first appearance. */
export function summarise(measurements: readonly Measurement[]): Summary[] {
  const groups = new Map<string, Measurement[]>();
  for (const measurement of measurements) {
    const key = `${measurement.what}\0${measurement.runtime}`;
    groups.set(key, [...groups.get(key) ?? [], measurement]);
  }
  return [...groups.values()].map(summariseOne);
}

function summariseOne(runs: readonly Measurement[]): Summary {
  const { what, runtime, unit, limit } = runs[0]!;
  const values = runs.map(({ value }) => value);
  const allowed = runs.map((run) => allowedBy(run.limit, run.floors));
  const floors: Partial<Record<Floor, number>> = {};
  for (const floor of Object.keys(runs[0]!.floors ?? {}) as Floor[]) {
    floors[floor] = median(runs.map((run) => run.floors![floor]!));
  }
  return {
    what,
    runtime,
    unit,
    limit,
    runs: runs.length,
    median: median(values),
    quartiles: [quantile(values, 0.25), quantile(values, 0.75)],
    floors,
    allowed: median(allowed),
    margin: median(runs.map(({ value }, at) => allowed[at]! - value)),
  };
}

/** Whether the figure is within its limit. */
export function isMet(summary: Summary): boolean {
  return summary.margin >= 0;
}
