import { DEFAULT_RESTART_POLICY } from "../core/backoff.ts";
import { completePolicy, type Policy } from "../core/policy.ts";
import type { HealthPolicy, Instance } from "./instance.ts";

/** The policies of a supervisor that was asked for `asked`. */
export function policiesOf(
  asked: Partial<Policy>,
): Pick<Instance, "policy" | "restartPolicy" | "healthPolicy" | "logPolicy"> {
  const policy = completePolicy(asked);
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
