import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { lastOf, type LogLine, mergeByTime } from "../../../lib/logs/show/merge_lines.ts";

/** Logs with lines of a few different times, not always in order, as after a clock was set back. */
const anyLogs = fc.array(fc.array(fc.nat(5))).map((logs) =>
  logs.map((times, log) => times.map((atMs, index): LogLine => ({ source: `${log}`, text: `${index}`, atMs })))
);
const merge = (logs: readonly LogLine[][]): LogLine[] => [...mergeByTime(logs.map((lines) => lines.values()))];

describe("mergeByTime()", () => {
  it("gives every line once, and those of a log in their order", () => {
    fc.assert(fc.property(anyLogs, (logs) => {
      const merged = merge(logs);
      assertEquals(merged.length, logs.flat().length);
      for (const [log, lines] of logs.entries()) {
        assertEquals(merged.filter(({ source }) => source === `${log}`), lines);
      }
    }));
  });

  it("orders logs that are in order by time, and changes between them no more than it must", () => {
    fc.assert(fc.property(anyLogs, (logs) => {
      const merged = merge(logs.map((lines) => lines.toSorted((a, b) => a.atMs - b.atMs)));
      for (const [index, line] of merged.entries()) {
        const before = merged[index - 1];
        if (before === undefined) continue;
        assert(before.atMs <= line.atMs);
        const isEarly = before.source !== line.source &&
          merged.slice(index).some(({ source, atMs }) => source === before.source && atMs === line.atMs);
        assert(!(isEarly && before.atMs === line.atMs), "a log was left before its lines of that time were over");
      }
    }));
  });
});

describe("lastOf()", () => {
  it("gives the last lines", () => {
    const lines = ["a", "b", "c"].map((text) => ({ source: "", text, atMs: 0 }));
    for (const limit of [1, 2, 3, 4, Infinity]) assertEquals([...lastOf(() => lines, limit)], lines.slice(-limit));
    assertEquals([...lastOf(() => lines, 0)], []);
  });
});
