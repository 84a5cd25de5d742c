import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { formatDuration, formatSize, readDuration, readSize } from "../../lib/text/units.ts";

describe("readDuration()", () => {
  it("reads seconds, or the given unit", () => {
    const cases: [string, number | null][] = [
      ["90", 90],
      ["1.5", 1.5],
      ["500ms", 0.5],
      ["30 s", 30],
      ["5m", 300],
      ["2h", 7200],
      ["7d", 604_800],
    ];
    for (const [text, seconds] of cases) assertEquals(readDuration(text), seconds, text);
    for (const text of ["", "s", "-1", "1e3", "5 minutes", "5M", "1m30s"]) assertEquals(readDuration(text), null, text);
  });

  it("reads what formatDuration() writes", () => {
    for (const [seconds, text] of [[0, "0ms"], [0.25, "250ms"], [90, "90s"], [300, "5m"], [604_800, "7d"]] as const) {
      assertEquals(formatDuration(seconds), text);
    }
    fc.assert(fc.property(fc.nat(1e9), (ms) => assertEquals(readDuration(formatDuration(ms / 1000)), ms / 1000)));
  });
});

describe("readSize()", () => {
  it("reads bytes, or the given unit", () => {
    const cases: [string, number][] = [["4096", 4096], ["4096B", 4096], ["1.5KB", 1536], ["10 MB", 10_485_760], [
      "1gb",
      2 ** 30,
    ]];
    for (const [text, bytes] of cases) assertEquals(readSize(text), bytes, text);
    for (const text of ["", "MB", "-1", "10M", "1TB"]) assertEquals(readSize(text), null, text);
  });

  it("reads what formatSize() writes", () => {
    for (const [bytes, text] of [[0, "0B"], [1000, "1000B"], [10_485_760, "10MB"]] as const) {
      assertEquals(formatSize(bytes), text);
    }
    fc.assert(fc.property(fc.maxSafeNat(), (bytes) => assertEquals(readSize(formatSize(bytes)), bytes)));
  });
});
