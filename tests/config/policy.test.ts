import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { policiesOf } from "../../lib/config/policy.ts";
import { DEFAULT_RESTART_POLICY } from "../../lib/config/restart_policy.ts";
import { DEFAULT_LOG_POLICY } from "../../lib/logs/retention.ts";

describe("policiesOf()", () => {
  it("returns the defaults without a request", () => {
    const { restartPolicy, healthPolicy, logPolicy } = policiesOf({});
    assertEquals([restartPolicy, logPolicy], [DEFAULT_RESTART_POLICY, DEFAULT_LOG_POLICY]);
    assertEquals(healthPolicy, { intervalMs: 1000, timeoutMs: 1000, failuresUntilHung: 3, launchDeadlineMs: 90_000 });
  });

  it("applies each requested value", () => {
    const { restartPolicy, healthPolicy, logPolicy } = policiesOf({
      maxRestarts: 0,
      restartWindowS: 60,
      restartMaxDelayS: 5,
      healthIntervalS: 5,
      healthTimeoutS: 2,
      healthFailures: 4,
      launchTimeoutS: 10,
      logMaxSizeBytes: 1,
      logMaxAgeS: 2,
      logMaxTotalBytes: 3,
    });
    assertEquals([restartPolicy.limit, restartPolicy.windowMs, restartPolicy.maxDelayMs], [0, 60_000, 5000]);
    assertEquals(healthPolicy, { intervalMs: 5000, timeoutMs: 2000, failuresUntilHung: 4, launchDeadlineMs: 10_000 });
    assertEquals(logPolicy, { maxSizeBytes: 1, maxAgeMs: 2000, maxTotalBytes: 3 });
  });

  it("limits the timeout of a check to the interval", () => {
    assertEquals(policiesOf({ healthIntervalS: 0.2 }).healthPolicy.timeoutMs, 200);
  });
});
