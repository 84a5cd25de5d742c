/** How restarts are spaced and limited. All times in milliseconds. */
export interface RestartPolicy {
  /** The backoff before the second consecutive restart; the first one is immediate. */
  baseDelayMs: number;
  /** The maximum backoff, before jitter. */
  maxDelayMs: number;
  /** Time that Temporal must be healthy for the backoff to start over. */
  forgetAfterMs: number;
  /** Restarts within {@linkcode windowMs} after which the supervisor gives up; 0 = no limit. */
  limit: number;
  /** The window that {@linkcode limit} counts in. */
  windowMs: number;
}

/** The default restart policy. */
export const DEFAULT_RESTART_POLICY: RestartPolicy = {
  baseDelayMs: 250,
  maxDelayMs: 30_000,
  forgetAfterMs: 60_000,
  limit: 10,
  windowMs: 300_000,
};

/**
 * The backoff before restart number `attempt` (0 = the first one, immediate). Doubles from `baseDelayMs` to `maxDelayMs`;
 * a jitter of 50–100 % keeps instances that crashed for the same reason from restarting in step.
 *
 * @param random A number in [0, 1).
 */
export function backoffDelayMs(attempt: number, policy: RestartPolicy, random: number): number {
  if (attempt <= 0) return 0;
  const full = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(full * (0.5 + random / 2));
}

/** The restarts that count towards the limit at `nowMs`. */
export function recentRestarts(restartsAtMs: readonly number[], nowMs: number, policy: RestartPolicy): number[] {
  return restartsAtMs.filter((at) => nowMs - at < policy.windowMs);
}
