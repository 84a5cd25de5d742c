import { DEFAULT_LOG_POLICY, type LogPolicy } from "../logs/retention.ts";
import { DEFAULT_RESTART_POLICY, type RestartPolicy } from "./restart_policy.ts";

/** How an instance is looked after, as people set it. */
export interface Policy {
  /** This many restarts within {@linkcode restartWindowS} and the supervisor gives up; 0 = no limit. */
  maxRestarts: number;
  restartWindowS: number;
  /** No wait between two restarts is longer than this. */
  restartMaxDelayS: number;
  /** The grid that health checks start on. */
  healthIntervalS: number;
  /** Of one check; at most {@linkcode healthIntervalS}. */
  healthTimeoutS: number;
  /** This many failed checks in a row are a hang. */
  healthFailures: number;
  /** A launch that does not serve within this time is a hang too. */
  launchTimeoutS: number;
  /** A log that reaches this size is rotated. */
  logMaxSizeBytes: number;
  /** Rotated logs older than this are removed. */
  logMaxAgeS: number;
  /** The oldest rotated logs are removed until the rest fits. */
  logMaxTotalBytes: number;
}

/** The policy of an instance that nobody configured. */
export const DEFAULT_POLICY: Policy = {
  maxRestarts: DEFAULT_RESTART_POLICY.limit,
  restartWindowS: DEFAULT_RESTART_POLICY.windowMs / 1000,
  restartMaxDelayS: DEFAULT_RESTART_POLICY.maxDelayMs / 1000,
  healthIntervalS: 1,
  healthTimeoutS: 1,
  healthFailures: 3,
  launchTimeoutS: 90,
  logMaxSizeBytes: DEFAULT_LOG_POLICY.maxSizeBytes,
  logMaxAgeS: DEFAULT_LOG_POLICY.maxAgeMs / 1000,
  logMaxTotalBytes: DEFAULT_LOG_POLICY.maxTotalBytes,
};

/** The whole policy: what was asked for, else the default. A check never takes longer than the time until the next one. */
export function completePolicy(requested: Partial<Policy>): Policy {
  const policy = { ...DEFAULT_POLICY, ...requested };
  return { ...policy, healthTimeoutS: Math.min(policy.healthTimeoutS, policy.healthIntervalS) };
}

/** What of `asked` `policy` has otherwise. */
export function policyDifferences(requested: Partial<Policy>, policy: Policy): (keyof Policy)[] {
  return (Object.keys(DEFAULT_POLICY) as (keyof Policy)[])
    .filter((key) => requested[key] !== undefined && requested[key] !== policy[key]);
}

/** Whether `value`, parsed from JSON that anyone may have written, is a part of a {@linkcode Policy}. */
export function isPartOfPolicy(value: unknown): value is Partial<Policy> {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    Object.entries(value).every(([key, entry]) =>
      Object.hasOwn(DEFAULT_POLICY, key) && typeof entry === "number" && Number.isFinite(entry) && entry >= 0
    );
}

/** How often and how patiently health is checked. */
export interface HealthPolicy {
  /** The grid that checks start on, in ms. */
  intervalMs: number;
  /** In ms; at most {@linkcode intervalMs}. */
  timeoutMs: number;
  /** This many failures in a row are a hang. */
  failuresUntilHung: number;
  /** A launch that does not serve within this time is a hang too, in ms. */
  launchDeadlineMs: number;
}

/** A policy as people set it, and what each part of a supervisor takes from it. */
export interface Policies {
  policy: Policy;
  restartPolicy: RestartPolicy;
  healthPolicy: HealthPolicy;
  logPolicy: LogPolicy;
}

/** The policies of a supervisor that was asked for `asked`. */
export function policiesOf(requested: Partial<Policy>): Policies {
  const policy = completePolicy(requested);
  const { baseDelayMs, forgetAfterMs } = DEFAULT_RESTART_POLICY;
  return {
    policy,
    restartPolicy: {
      baseDelayMs,
      maxDelayMs: policy.restartMaxDelayS * 1000,
      forgetAfterMs,
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

/** The policy of a supervisor that nobody configured. */
export const DEFAULT_HEALTH_POLICY: HealthPolicy = policiesOf({}).healthPolicy;
