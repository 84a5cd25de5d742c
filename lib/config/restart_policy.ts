/** How restarts are spaced and limited. All times in milliseconds. */
export interface RestartPolicy {
  /** The wait after the second short life in a row; after the first one the restart is immediate. */
  baseDelayMs: number;
  /** The maximum backoff, before jitter. */
  maxDelayMs: number;
  /** A process that served for this long is restarted at once, however many crashes came before. */
  minUptimeMs: number;
  /** Restarts within {@linkcode windowMs} after which the supervisor gives up; 0 = no limit. */
  limit: number;
  /** The window that {@linkcode limit} counts in. */
  windowMs: number;
}

/** The default restart policy. */
export const DEFAULT_RESTART_POLICY: RestartPolicy = {
  baseDelayMs: 250,
  maxDelayMs: 30_000,
  minUptimeMs: 2_000,
  limit: 10,
  windowMs: 300_000,
};

/**
 * The wait before a restart: none after a long life or a first short one, then `baseDelayMs` doubling to `maxDelayMs`, of
 * which 50–100 % are taken, so that many instances that crashed for one reason do not come back in step.
 *
 * @param shortLives How many lives in a row were shorter than {@linkcode RestartPolicy.minUptimeMs}; 0 after a long one.
 * @param random A number in [0, 1).
 */
export function backoffDelayMs(shortLives: number, policy: RestartPolicy, random: number): number {
  if (shortLives <= 1) return 0;
  const full = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** Math.min(shortLives - 2, 30));
  return Math.round(full * (0.5 + random / 2));
}

/** The restarts that count towards the limit at `nowMs`. */
export function recentRestarts(restartsAtMs: readonly number[], nowMs: number, policy: RestartPolicy): number[] {
  return restartsAtMs.filter((at) => nowMs - at < policy.windowMs);
}
