import { describe, it } from "node:test";
import { assertEquals, assertRejects } from "@std/assert";
import { poll } from "../../../lib/platform/runtime/poll.ts";

/** A clock that only waiting moves. */
function fakeClock() {
  let now = 1_000;
  return {
    nowMs: () => now,
    delay: (ms: number, signal?: AbortSignal) => {
      if (signal?.aborted) return Promise.reject(signal.reason);
      now += ms;
      return Promise.resolve();
    },
  };
}

describe("poll()", () => {
  it("returns the first result, without a wait if there is one at once", async () => {
    const clock = fakeClock();
    assertEquals(await poll(() => 7, { everyMs: 10, timeoutMs: 100, clock }), 7);
    assertEquals(clock.nowMs(), 1_000);
    let looks = 0;
    const look = () => Promise.resolve(++looks < 4 ? null : looks);
    assertEquals(await poll(look, { everyMs: 10, timeoutMs: 100, clock }), 4);
    assertEquals(clock.nowMs(), 1_030);
  });

  it("takes false for a result", async () => {
    assertEquals(await poll(() => false, { everyMs: 10, timeoutMs: 100, clock: fakeClock() }), false);
  });

  it("looks once more at the deadline, then returns null", async () => {
    const clock = fakeClock();
    const looks: number[] = [];
    const look = () => {
      looks.push(clock.nowMs() - 1_000);
      return null;
    };
    assertEquals(await poll(look, { everyMs: 40, timeoutMs: 100, clock }), null);
    assertEquals(looks, [0, 40, 80, 120]);
  });

  it("throws what the look throws, and the reason of the signal", async () => {
    const options = { everyMs: 10, timeoutMs: 100, clock: fakeClock() };
    await assertRejects(() => poll(() => Promise.reject(new Error("broken")), options), Error, "broken");
    const signal = AbortSignal.abort(new Error("enough"));
    await assertRejects(() => poll(() => null, { ...options, signal }), Error, "enough");
    await assertRejects(() => poll(() => null, { everyMs: 60_000, timeoutMs: 60_000, signal }), Error, "enough");
  });
});
