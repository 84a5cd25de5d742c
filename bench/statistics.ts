import type { Floor, Limit, Measurement, Runtime, Unit } from "./measurement.ts";

/** All runs of one figure, drawn together. */
export interface Summary {
  what: string;
  runtime: Runtime;
  unit: Unit;
  limit: Limit;
  runs: number;
  median: number;
  /** The middle half of the runs lies between these. */
  quartiles: readonly [low: number, high: number];
  floors: Readonly<Partial<Record<Floor, number>>>;
  /** The median of what each run was allowed by the floors beside it. */
  allowed: number;
  /**
   * The median, over the runs, of what was allowed minus what was taken: each run is compared with the floors of its own
   * moment, so that a load that comes and goes weighs on both sides. Below 0 the figure misses its limit.
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
 * What `limit` allows, given the floors.
 *
 * @throws {RangeError} when a floor that it names was not measured
 */
export function allowedBy(limit: Limit, floors: Measurement["floors"]): number {
  let sum = limit.constant;
  for (const [floor, factor] of Object.entries(limit.factors) as [Floor, number][]) {
    const value = floors[floor];
    if (value === undefined) throw new RangeError(`Cannot say what is allowed: floor ${floor} was not measured`);
    sum += factor * value;
  }
  return sum;
}

/** Draws the measurements of each figure on each runtime together, in the order in which they first came. */
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
  for (const floor of Object.keys(runs[0]!.floors) as Floor[]) {
    floors[floor] = median(runs.map((run) => run.floors[floor]!));
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
