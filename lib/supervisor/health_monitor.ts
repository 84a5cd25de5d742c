import type { HealthPolicy } from "../config/policy.ts";
import type { ProbeResult } from "../instance/status/probe.ts";

/** What a health check says: it passed, it failed, or the machine stalled so that it proves nothing. */
export type HealthVerdict = "healthy" | "sick" | "inconclusive";

/** A timer or a check that is this much late tells of a machine that slept or stalled, not of Temporal, in ms. */
export const LATE_MS = 500;

/** What one check means, given how late it began and how long it took. A pass always counts. */
export function judgeCheck(ok: boolean, lateByMs: number, tookMs: number, timeoutMs: number): HealthVerdict {
  if (ok) return "healthy";
  return lateByMs > LATE_MS || tookMs > timeoutMs + LATE_MS ? "inconclusive" : "sick";
}

/**
 * Checks health on a fixed grid, until the function that it returns is called: then nothing is reported any more, not
 * even by a check under way. A check that takes its whole time does not delay the next one.
 */
export function watchHealth(
  policy: HealthPolicy,
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
    const result = await check(policy.timeoutMs);
    if (isOver) return;
    const endedMs = performance.now();
    const verdict = judgeCheck(result.ok, begunMs - dueMs, endedMs - begunMs, policy.timeoutMs);
    report(verdict, result.ok ? "" : result.problem);
    if (isOver) return; // the report may have ended the watch
    // After a stall the grid begins anew, so that missed checks are not made up for in a burst.
    const next = dueMs + policy.intervalMs;
    schedule(endedMs - next > LATE_MS ? endedMs + policy.intervalMs : next);
  };
  schedule(performance.now() + policy.intervalMs);
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}

/**
 * What `check` finds of a Temporal that moves: a check that fails where Temporal was made to stand still proves nothing,
 * and is made again.
 *
 * @param standstill Resolves when Temporal goes on; another promise for each standstill.
 */
export async function checkInMotion(
  standstill: () => Promise<unknown>,
  check: () => Promise<ProbeResult>,
): Promise<ProbeResult> {
  for (;;) {
    const before = standstill();
    await before;
    const result = await check();
    if (result.ok || standstill() === before) return result;
  }
}
