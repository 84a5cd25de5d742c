import type { Policy } from "../config/policy.ts";
import type { EventLog } from "../instance/event_log.ts";
import type { ProbeResult } from "../instance/status/probe.ts";

/** The outcome of a health check: passed, failed, or inconclusive because the machine stalled. */
type HealthVerdict = "healthy" | "sick" | "inconclusive";

/** What a health monitor is connected to. */
export interface HealthMonitorOptions {
  /** That of the watch that begins. */
  policy: () => Pick<Policy, "healthIntervalS" | "healthTimeoutS">;
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

  /**
   * Checks at a fixed rate from now on, until {@linkcode unwatch}, after which nothing is reported, not even by a check in
   * progress. A check that takes its full timeout does not delay the next one.
   */
  watch(): void {
    this.#unwatch();
    const { healthIntervalS, healthTimeoutS } = this.#options.policy();
    const [intervalMs, timeoutMs] = [healthIntervalS * 1000, healthTimeoutS * 1000];
    let isOver = false;
    let timer: ReturnType<typeof setTimeout>;
    const schedule = (dueMs: number) => {
      timer = setTimeout(() => void tick(dueMs), Math.max(0, dueMs - performance.now()));
    };
    const tick = async (dueMs: number) => {
      const begunMs = performance.now();
      const result = await this.#checkInMotion(timeoutMs);
      if (isOver) return;
      const endedMs = performance.now();
      this.#report(result, judgeCheck(result.ok, begunMs - dueMs, endedMs - begunMs, timeoutMs));
      if (isOver) return; // the report may have stopped the checks
      // After a stall the schedule restarts, so that missed checks are not repeated in a burst.
      const next = dueMs + intervalMs;
      schedule(endedMs - next > LATE_MS ? endedMs + intervalMs : next);
    };
    schedule(performance.now() + intervalMs);
    this.#unwatch = () => {
      isOver = true;
      clearTimeout(timer);
    };
  }

  unwatch(): void {
    this.#unwatch();
  }

  #report(result: ProbeResult, verdict: HealthVerdict): void {
    const { log, report } = this.#options;
    if (!result.ok) {
      this.#failedChecks++;
      log.note("health check failed", { verdict, problem: result.problem });
    }
    if (verdict !== "inconclusive") report(verdict);
  }

  /** Does `work`, which makes the process stand still; one after the other. A check that fails meanwhile proves nothing. */
  async standStill<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#standstill.then(work);
    this.#standstill = done.catch(() => {});
    return await done;
  }

  /** What a check finds of a process that moves: one that failed where the process was made to stand still is repeated. */
  async #checkInMotion(timeoutMs: number): Promise<ProbeResult> {
    for (;;) {
      const before = this.#standstill;
      await before;
      const result = await this.#options.check(timeoutMs);
      if (result.ok || this.#standstill === before) return result;
    }
  }
}
