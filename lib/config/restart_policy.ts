/** How restarts are spaced and limited. All times in milliseconds. */
export interface RestartPolicy {
  /** The wait before the second restart of a row; the first one is immediate. */
  baseDelayMs: number;
  /** No wait is longer than this (before jitter). */
  maxDelayMs: number;
  /** A Temporal that was healthy for this long has its earlier crashes forgotten. */
  forgetAfterMs: number;
  /** This many restarts within {@linkcode windowMs} and the supervisor gives up; 0 = no limit. */
  limit: number;
  /** The window that {@linkcode limit} counts in. */
  windowMs: number;
}

/** The policy of a supervisor that nobody configured. */
export const DEFAULT_RESTART_POLICY: RestartPolicy = {
  baseDelayMs: 250,
  maxDelayMs: 30_000,
  forgetAfterMs: 60_000,
  limit: 10,
  windowMs: 300_000,
};

/**
 * The wait before restart number `attempt` (0 = the first of a row: at once).
 * Doubles from `baseDelayMs` to `maxDelayMs`, then takes 50–100 % of that, so that many instances
 * which crashed for one reason don't come back in step.
 *
 * @param random A number in [0, 1).
 */
export function backoffDelayMs(attempt: number, policy: RestartPolicy, random: number): number {
  if (attempt <= 0) return 0;
  const full = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(full * (0.5 + random / 2));
}

/** The restarts that still count towards the limit at `nowMs`. */
export function recentRestarts(restartsAtMs: readonly number[], nowMs: number, policy: RestartPolicy): number[] {
  return restartsAtMs.filter((at) => nowMs - at < policy.windowMs);
}
