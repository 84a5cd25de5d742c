import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { completePolicy, DEFAULT_POLICY } from "../../lib/config/policy.ts";

describe("completePolicy()", () => {
  it("has the requested values, and the defaults for the others", () => {
    assertEquals(completePolicy({}), DEFAULT_POLICY);
    assertEquals(completePolicy({ maxRestarts: 0, logMaxAgeS: 2 }), {
      ...DEFAULT_POLICY,
      maxRestarts: 0,
      logMaxAgeS: 2,
    });
  });

  it("limits the timeout of a check to the interval", () => {
    assertEquals(completePolicy({ healthIntervalS: 0.2 }).healthTimeoutS, 0.2);
  });
});
