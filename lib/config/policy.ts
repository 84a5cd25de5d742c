import { DEFAULT_LOG_POLICY, type LogPolicy } from "../logs/retention.ts";
import { isObject } from "./json_value.ts";
import { DEFAULT_RESTART_POLICY, type RestartPolicy } from "./restart_policy.ts";

/** The supervision policy of an instance, in the units of its settings. */
export interface Policy {
  /** Restarts within {@linkcode restartWindowS} after which the supervisor gives up; 0 = no limit. */
  maxRestarts: number;
  restartWindowS: number;
  /** The maximum backoff between two restarts. */
  restartMaxDelayS: number;
  /** A process that served for this long is restarted at once. */
  restartMinUptimeS: number;
  /** The time between the starts of two health checks. */
  healthIntervalS: number;
  /** The timeout of a health check; at most {@linkcode healthIntervalS}. */
  healthTimeoutS: number;
  /** Consecutive failed checks after which Temporal counts as hung. */
  healthFailures: number;
  /** Time to become ready after a launch; then Temporal counts as hung, too. */
  launchTimeoutS: number;
  /** Size at which a log is rotated. */
  logMaxSizeBytes: number;
  /** Age at which rotated logs are removed. */
  logMaxAgeS: number;
  /** Maximum total size of rotated logs; the oldest are removed first. */
  logMaxTotalBytes: number;
}

/** The default policy. */
export const DEFAULT_POLICY: Policy = {
  maxRestarts: DEFAULT_RESTART_POLICY.limit,
  restartWindowS: DEFAULT_RESTART_POLICY.windowMs / 1000,
  restartMaxDelayS: DEFAULT_RESTART_POLICY.maxDelayMs / 1000,
  restartMinUptimeS: DEFAULT_RESTART_POLICY.minUptimeMs / 1000,
  healthIntervalS: 1,
  healthTimeoutS: 1,
  healthFailures: 3,
  launchTimeoutS: 90,
  logMaxSizeBytes: DEFAULT_LOG_POLICY.maxSizeBytes,
  logMaxAgeS: DEFAULT_LOG_POLICY.maxAgeMs / 1000,
  logMaxTotalBytes: DEFAULT_LOG_POLICY.maxTotalBytes,
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

/** How health is checked. */
export interface HealthPolicy {
  /** The time between the starts of two checks, in ms. */
  intervalMs: number;
  /** The timeout of a check in ms; at most {@linkcode intervalMs}. */
  timeoutMs: number;
  /** Consecutive failures after which Temporal counts as hung. */
  failuresUntilHung: number;
  /** Time to become ready after a launch, in ms; then Temporal counts as hung, too. */
  launchDeadlineMs: number;
}

/** A policy, and the parts of it for each component of the supervisor. */
export interface Policies {
  policy: Policy;
  restartPolicy: RestartPolicy;
  healthPolicy: HealthPolicy;
  logPolicy: LogPolicy;
}

/** The policies of a supervisor for a requested policy. */
export function policiesOf(requested: Partial<Policy>): Policies {
  const policy = completePolicy(requested);
  const { baseDelayMs } = DEFAULT_RESTART_POLICY;
  return {
    policy,
    restartPolicy: {
      baseDelayMs,
      maxDelayMs: policy.restartMaxDelayS * 1000,
      minUptimeMs: policy.restartMinUptimeS * 1000,
      limit: policy.maxRestarts,
      windowMs: policy.restartWindowS * 1000,
    },
    healthPolicy: {
      intervalMs: policy.healthIntervalS * 1000,
      timeoutMs: policy.healthTimeoutS * 1000,
      failuresUntilHung: policy.healthFailures,
      launchDeadlineMs: policy.launchTimeoutS * 1000,
    },
    logPolicy: {
      maxSizeBytes: policy.logMaxSizeBytes,
      maxAgeMs: policy.logMaxAgeS * 1000,
      maxTotalBytes: policy.logMaxTotalBytes,
    },
  };
}

/** The default health policy. */
export const DEFAULT_HEALTH_POLICY: HealthPolicy = policiesOf({}).healthPolicy;
