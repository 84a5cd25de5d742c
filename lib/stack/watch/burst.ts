/** When the changes of a burst are examined and reported, in ms. */
export interface BurstPolicy {
  /** From the last change to the report. */
  debounceMs: number;
  /** From a change to its examination. Changes that come meanwhile are examined together. */
  examineMs: number;
}

/** More changes than this wait for no examination: they count. */
const MOST_UNKNOWN = 10_000;
/** A report names no more than this. */
const MOST_REPORTED = 1_000;

interface Change {
  firstMs: number;
  lastMs: number;
}

/**
 * Collects changes until they have been quiet for a while. A change is unknown at first; whether it counts is found out
 * while others come. Those that do not count delay nothing. Keys say what changed.
 */
export class Burst {
  readonly #policy: BurstPolicy;
  #unknown = new Map<string, Change>();
  #examined = new Map<string, Change>();
  readonly #counted = new Set<string>();
  /** When the last change that counts came. */
  #lastMs = 0;

  constructor(policy: BurstPolicy) {
    this.#policy = policy;
  }

  /** Takes note of a change. */
  note(key: string, nowMs: number): void {
    const known = this.#unknown.get(key) ?? this.#examined.get(key);
    if (this.#counted.has(key)) this.count(key, nowMs);
    else if (known !== undefined) known.lastMs = nowMs;
    else if (this.#unknown.size >= MOST_UNKNOWN) this.count(key, nowMs);
    else this.#unknown.set(key, { firstMs: nowMs, lastMs: nowMs });
  }

  /** Takes note of a change that counts. */
  count(key: string, nowMs: number): void {
    if (this.#counted.size < MOST_REPORTED) this.#counted.add(key);
    this.#lastMs = Math.max(this.#lastMs, nowMs);
  }

  /** The changes to examine now; {@linkcode examined} ends that. */
  startExamination(): string[] {
    this.#examined = this.#unknown;
    this.#unknown = new Map();
    return [...this.#examined.keys()];
  }

  /** Ends the examination: of the changes in it, those of `counting` count. */
  endExamination(counting: Iterable<string>): void {
    for (const key of counting) {
      const change = this.#examined.get(key);
      if (change !== undefined) this.count(key, change.lastMs);
    }
    this.#examined = new Map();
  }

  /** In how many ms the unknown changes are to be examined; null if there are none. */
  examineInMs(nowMs: number): number | null {
    const [first] = this.#unknown.values();
    return first === undefined ? null : Math.max(0, first.firstMs + this.#policy.examineMs - nowMs);
  }

  /** In how many ms the burst may be over; null if nothing counts so far, or an unknown change may still prolong it. */
  reportInMs(nowMs: number): number | null {
    if (this.#counted.size === 0) return null;
    const dueMs = this.#lastMs + this.#policy.debounceMs;
    if (nowMs < dueMs) return dueMs - nowMs;
    const mayProlong = [this.#unknown, this.#examined].some((changes) => {
      const [first] = changes.values(); // the earliest: a map keeps its order
      return first !== undefined && first.firstMs <= dueMs;
    });
    return mayProlong ? null : 0;
  }

  /** What changed in the burst that is over. The next change begins another one. */
  take(): string[] {
    const keys = [...this.#counted];
    this.#counted.clear();
    return keys;
  }
}
