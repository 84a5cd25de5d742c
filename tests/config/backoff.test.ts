import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { backoffDelayMs } from "../../lib/config/backoff.ts";

const MAX_MS = 30_000;
const delayMs = (failures: number, random: number) => backoffDelayMs(failures, 250, MAX_MS, random);

describe("backoffDelayMs()", () => {
  it("is zero after a success and after the first failure, then doubles up to the maximum", () => {
    const delays = Array.from({ length: 12 }, (_, failures) => delayMs(failures, 0.999999));
    assertEquals(delays, [0, 0, 250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  it("is half of the full backoff for a random number of 0", () => {
    assertEquals([1, 2, 3, 20].map((failures) => delayMs(failures, 0)), [0, 125, 250, 15_000]);
  });

  it("stays between half and the whole of a backoff that never shrinks", () => {
    fc.assert(fc.property(
      fc.integer({ min: 1, max: 10_000 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (failures, random) => {
        const most = delayMs(failures, 0.999999);
        const delay = delayMs(failures, random);
        assert(delay >= Math.floor(most / 2) && delay <= Math.min(most + 1, MAX_MS), `${delay} of ${most}`);
        assert(most >= delayMs(failures - 1, 0.999999));
      },
    ));
  });
});
