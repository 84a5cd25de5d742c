import type { EventLog } from "../instance/event_log.ts";
import type { ProbeResult } from "../instance/status/probe.ts";

/** The outcome of a health check: passed, failed, or inconclusive because the machine stalled. */
export type HealthVerdict = "healthy" | "sick" | "inconclusive";

/** When health is checked, in ms: the time between the starts of two checks, and the timeout of one, which is not longer. */
export interface HealthTiming {
  intervalMs: number;
  timeoutMs: number;
}

/** What a health monitor is connected to. */
export interface HealthMonitorOptions {
  /** That of the watch that begins. */
  timing: () => HealthTiming;
  check: (timeoutMs: number) => Promise<ProbeResult>;
  log: EventLog;
  report: (verdict: "healthy" | "sick") => void;
}

/** A timer or a check that is this much late tells of a machine that slept or stalled, not of the process, in ms. */
export const LATE_MS = 500;

/** Judges a check by how late it began and how long it took. A pass always counts. */
export function judgeCheck(ok: boolean, lateByMs: number, tookMs: number, timeoutMs: number): HealthVerdict {
  if (ok) return "healthy";
  return lateByMs > LATE_MS || tookMs > timeoutMs + LATE_MS ? "inconclusive" : "sick";
}

/**
 * Checks health at a fixed rate. Returns a function that stops it, after which nothing is reported, not even by a check
 * in progress. A check that takes its full timeout does not delay the next one.
 */
export function watchHealth(
  { intervalMs, timeoutMs }: HealthTiming,
  check: (timeoutMs: number) => Promise<ProbeResult>,
  report: (verdict: HealthVerdict, problem: string) => void,
): () => void {
  let isOver = false;
  let timer: ReturnType<typeof setTimeout>;
  const schedule = (dueMs: number) => {
    timer = setTimeout(() => void tick(dueMs), Math.max(0, dueMs - performance.now()));
  };
  const tick = async (dueMs: number) => {
    const begunMs = performance.now();
    const result = await check(timeoutMs);
    if (isOver) return;
    const endedMs = performance.now();
    const verdict = judgeCheck(result.ok, begunMs - dueMs, endedMs - begunMs, timeoutMs);
    report(verdict, result.ok ? "" : result.problem);
    if (isOver) return; // the report may have stopped the checks
    // After a stall the schedule restarts, so that missed checks are not repeated in a burst.
    const next = dueMs + intervalMs;
    schedule(endedMs - next > LATE_MS ? endedMs + intervalMs : next);
  };
  schedule(performance.now() + intervalMs);
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}

/** Checks the health of one process while it is watched. */
export class HealthMonitor {
  readonly #options: HealthMonitorOptions;
  #unwatch: () => void = () => {};
  #standstill: Promise<unknown> = Promise.resolve();
  #failedChecks = 0;

  constructor(options: HealthMonitorOptions) {
    this.#options = options;
  }

  /** Health checks that failed, inconclusive ones included. */
  get failedChecks(): number {
    return this.#failedChecks;
  }

  /** Resolves when the process is not made to stand still (any more). */
  get standstill(): Promise<unknown> {
    return this.#standstill;
  }

  watch(): void {
    const { timing, check, log, report } = this.#options;
    this.#unwatch();
    this.#unwatch = watchHealth(
      timing(),
      (timeoutMs) => this.#checkInMotion(() => check(timeoutMs)),
      (verdict, problem) => {
        if (verdict !== "healthy") {
          this.#failedChecks++;
          log.note("health check failed", { verdict, problem });
        }
        if (verdict !== "inconclusive") report(verdict);
      },
    );
  }

  unwatch(): void {
    this.#unwatch();
  }

  /** Does `work`, which makes the process stand still; one after the other. A check that fails meanwhile proves nothing. */
  async standStill<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#standstill.then(work);
    this.#standstill = done.catch(() => {});
    return await done;
  }

  /** What `check` finds of a process that moves: one that failed where the process was made to stand still is repeated. */
  async #checkInMotion(check: () => Promise<ProbeResult>): Promise<ProbeResult> {
    for (;;) {
      const before = this.#standstill;
      await before;
      const result = await check();
      if (result.ok || this.#standstill === before) return result;
    }
  }
}
