import { describe, it } from "node:test";
import fc from "fast-check";
import { assert, assertEquals } from "@std/assert";
import { formatSpan } from "../../lib/text/span.ts";

describe("formatSpan()", () => {
  it("takes the two largest units", () => {
    const spans: [number, string][] = [
      [-5, "0 s"],
      [999, "0 s"],
      [59_999, "59 s"],
      [60_000, "1 min"],
      [3_599_999, "59 min 59 s"],
      [3_600_000 + 5000, "1 h"],
      [86_400_000 * 3 + 3_600_000 * 4 + 60_000, "3 d 4 h"],
      [NaN, "0 s"],
    ];
    for (const [ms, text] of spans) assertEquals(formatSpan(ms), text);
  });

  it("is never wrong by more than the smaller unit that it could show", () => {
    const units: Record<string, number> = { d: 86_400, h: 3600, min: 60, s: 1 };
    fc.assert(fc.property(fc.nat(10_000_000), (seconds) => {
      const parts = [...formatSpan(seconds * 1000).matchAll(/(\d+) (d|h|min|s)/g)];
      const shown = parts.reduce((sum, [, count, unit]) => sum + Number(count) * units[unit!]!, 0);
      const off = seconds - shown;
      assert(off >= 0 && off < (seconds >= 86_400 ? 3600 : seconds >= 3600 ? 60 : 1), `${seconds} s as ${shown} s`);
    }));
  });
});
