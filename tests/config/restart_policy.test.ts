import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { backoffDelayMs, DEFAULT_RESTART_POLICY, recentRestarts } from "../../lib/config/restart_policy.ts";

const policy = DEFAULT_RESTART_POLICY;

describe("backoffDelayMs()", () => {
  it("is zero after a long life and after the first short one, then doubles up to the maximum", () => {
    const delays = Array.from({ length: 12 }, (_, shortLives) => backoffDelayMs(shortLives, policy, 0.999999));
    assertEquals(delays, [0, 0, 250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  it("is half of the full backoff for a random number of 0", () => {
    assertEquals([1, 2, 3, 20].map((shortLives) => backoffDelayMs(shortLives, policy, 0)), [0, 125, 250, 15_000]);
  });

  it("stays between half and the whole of a backoff that never shrinks", () => {
    fc.assert(fc.property(
      fc.integer({ min: 1, max: 10_000 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (shortLives, random) => {
        const most = backoffDelayMs(shortLives, policy, 0.999999);
        const delay = backoffDelayMs(shortLives, policy, random);
        assert(delay >= Math.floor(most / 2) && delay <= Math.min(most + 1, policy.maxDelayMs), `${delay} of ${most}`);
        assert(most >= backoffDelayMs(shortLives - 1, policy, 0.999999));
      },
    ));
  });
});

describe("recentRestarts()", () => {
  it("drops restarts older than the window", () => {
    const now = 1_000_000;
    const at = [now - policy.windowMs - 1, now - policy.windowMs, now - policy.windowMs + 1, now];
    assertEquals(recentRestarts(at, now, policy), at.slice(2));
  });
});
