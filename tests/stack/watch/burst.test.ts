import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { Burst } from "../../../lib/stack/watch/burst.ts";

const POLICY = { debounceMs: 200, examineMs: 20 };

describe("Burst", () => {
  it("has nothing to do before a change", () => {
    const burst = new Burst(POLICY);
    assertEquals([burst.examineInMs(0), burst.reportInMs(0)], [null, null]);
  });

  it("examines changes together, and reports 200 ms after the last one that counts", () => {
    const burst = new Burst(POLICY);
    burst.note("a", 1_000);
    burst.note("b", 1_010);
    assertEquals([burst.examineInMs(1_010), burst.reportInMs(1_010)], [10, null]);
    assertEquals(burst.startExamination(), ["a", "b"]);
    burst.note("a", 1_030); // while it is examined
    burst.endExamination(["a"]);
    assertEquals([burst.examineInMs(1_040), burst.reportInMs(1_040)], [null, 190]);
    burst.note("a", 1_100); // is known to count
    assertEquals([burst.examineInMs(1_100), burst.reportInMs(1_100)], [null, 200]);
    assertEquals(burst.reportInMs(1_300), 0);
    assertEquals(burst.take(), ["a"]);
    assertEquals(burst.reportInMs(1_300), null);
  });

  it("is not prolonged by changes that do not count", () => {
    const burst = new Burst(POLICY);
    burst.count("a", 1_000);
    burst.note("ignored", 1_150);
    assertEquals(burst.reportInMs(1_200), null); // it might count, and prolong the burst
    burst.startExamination();
    assertEquals(burst.reportInMs(1_200), null);
    burst.endExamination([]);
    assertEquals(burst.reportInMs(1_200), 0);
    burst.note("later", 1_201); // begins another burst
    assertEquals(burst.reportInMs(1_202), 0);
  });

  it("counts changes unseen when there are too many, and names 1,000", () => {
    const burst = new Burst(POLICY);
    for (let at = 0; at < 12_000; at++) burst.note(`${at}`, 1_000);
    assertEquals(burst.reportInMs(1_000), 200);
    assertEquals(burst.startExamination().length, 10_000);
    burst.endExamination([]);
    assertEquals(burst.take().length, 1_000);
  });
});
