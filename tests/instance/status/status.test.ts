import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { statusExitCode, type StatusState } from "../../../lib/instance/status/status.ts";

describe("statusExitCode()", () => {
  it("is that of the LSB: 0 running and healthy, 1 dead, 3 not running, 4 in between", () => {
    const codes: Record<StatusState, number> = {
      starting: 4,
      running: 0,
      unhealthy: 4,
      backoff: 4,
      stopping: 4,
      stopped: 3,
      failed: 1,
      unsupervised: 4,
      unknown: 4,
    };
    for (const [state, code] of Object.entries(codes)) {
      assertEquals(statusExitCode({ state: state as StatusState, healthy: true }), code, state);
    }
  });

  it("is 0 for nothing that is not healthy", () => {
    assertEquals(statusExitCode({ state: "running", healthy: false }), 4);
    assertEquals(statusExitCode({ state: "stopped", healthy: false }), 3);
  });
});
