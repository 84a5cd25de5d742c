import { DEFAULT_LOG_POLICY, type LogPolicy } from "../logs/retention.ts";
import { isObject } from "../text/json_value.ts";

/** How long Temporal gets from SIGTERM to SIGKILL, in ms. Its own drain may take 10 s: a shorter one would kill healthy servers. */
export const DEFAULT_GRACE_MS = 12_000;

/** The limit that Temporal's grace period sets to those of the processes beside it: one as long as the default sets none. */
export function limitBesideMs(graceMs: number): number {
  return graceMs >= DEFAULT_GRACE_MS ? Infinity : graceMs;
}

/** The supervision policy of an instance, in the units of its settings. */
export interface Policy extends LogPolicy {
  /** Restarts within {@linkcode restartWindowS} after which the supervisor gives up; 0 = no limit. */
  maxRestarts: number;
  restartWindowS: number;
  /** The maximum backoff between two restarts, before jitter. */
  restartMaxDelayS: number;
  /** A process that served for this long is restarted at once, however many crashes came before. */
  restartMinUptimeS: number;
  /** The time between the starts of two health checks. */
  healthIntervalS: number;
  /** The timeout of a health check; at most {@linkcode healthIntervalS}. */
  healthTimeoutS: number;
  /** Consecutive failed checks after which Temporal counts as hung. */
  healthFailures: number;
  /** Time to become ready after a launch; then Temporal counts as hung, too. */
  launchTimeoutS: number;
}

/** The default policy. */
export const DEFAULT_POLICY: Policy = {
  maxRestarts: 10,
  restartWindowS: 300,
  restartMaxDelayS: 30,
  restartMinUptimeS: 2,
  healthIntervalS: 1,
  healthTimeoutS: 1,
  healthFailures: 3,
  launchTimeoutS: 90,
  ...DEFAULT_LOG_POLICY,
};

/** Fills in defaults. Limits the timeout of a health check to the interval. */
export function completePolicy(requested: Partial<Policy>): Policy {
  const policy = { ...DEFAULT_POLICY, ...requested };
  return { ...policy, healthTimeoutS: Math.min(policy.healthTimeoutS, policy.healthIntervalS) };
}

/** The keys of `requested` whose values differ in `policy`. */
export function policyDifferences(requested: Partial<Policy>, policy: Policy): (keyof Policy)[] {
  return (Object.keys(DEFAULT_POLICY) as (keyof Policy)[])
    .filter((key) => requested[key] !== undefined && requested[key] !== policy[key]);
}

/** Whether `value`, parsed from untrusted JSON, is a part of a {@linkcode Policy}. */
export function isPartOfPolicy(value: unknown): value is Partial<Policy> {
  return isObject(value) &&
    Object.entries(value).every(([key, entry]) =>
      Object.hasOwn(DEFAULT_POLICY, key) && typeof entry === "number" && Number.isFinite(entry) && entry >= 0
    );
}
