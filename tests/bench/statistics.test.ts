import { describe, it } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Limit, Measurement } from "../../bench/measurement.ts";
import { allowedBy, isMet, median, quantile, summarise } from "../../bench/statistics.ts";
import { renderLimit, renderTable } from "../../bench/table.ts";

const limit: Limit = { constant: 20, R: 1 };
const run = (value: number, R: number): Measurement => ({
  what: "`status`",
  runtime: "deno",
  value,
  unit: "ms",
  floors: { R },
  limit,
});

describe("median()", () => {
  it("is the value in the middle, whatever the order", () => {
    assertEquals(median([9, 1, 5]), 5);
  });

  it("is the mean of the two in the middle of an even number", () => {
    assertEquals(median([4, 1, 2, 100]), 3);
  });

  it("is not moved by one run that was disturbed", () => {
    assertEquals(median([10, 11, 12, 10, 4000]), 11);
  });

  it("refuses to make one up of nothing", () => {
    assertThrows(() => median([]), RangeError);
  });
});

describe("quantile()", () => {
  it("lies between two neighbours in proportion", () => {
    assertEquals(quantile([0, 10, 20, 30], 0.25), 7.5);
  });

  it("reaches both ends", () => {
    assertEquals([quantile([3, 1, 2], 0), quantile([3, 1, 2], 1)], [1, 3]);
  });
});

describe("allowedBy()", () => {
  it("adds the floors, each as often as the limit says, and the constant", () => {
    assertEquals(allowedBy({ constant: 60, S: 1, R: 2 }, { S: 1400, R: 20 }), 1500);
  });

  it("refuses to judge by a floor that was not measured", () => {
    assertThrows(() => allowedBy(limit, {}), RangeError, "R");
  });
});

describe("summarise()", () => {
  it("compares each run with the floor of its own moment", () => {
    // The machine was five times slower in the second half, and the floor with it.
    const [summary] = summarise([run(30, 20), run(32, 20), run(115, 100), run(118, 100), run(116, 100)]);
    assertEquals(summary!.margin, 5);
    assert(isMet(summary!));
  });

  it("says that a figure misses its limit when most of its runs do", () => {
    const [summary] = summarise([run(45, 20), run(50, 20), run(21, 20)]);
    assertEquals(summary!.margin, -5);
    assert(!isMet(summary!));
  });

  it("keeps runtimes and rows apart, in the order in which they came", () => {
    const node: Measurement = { ...run(5, 4), runtime: "node" };
    const other: Measurement = { ...run(7, 6), what: "`stop`" };
    const summaries = summarise([run(1, 2), node, other, run(3, 2)]);
    assertEquals(summaries.map(({ what, runtime, runs }) => [what, runtime, runs]), [
      ["`status`", "deno", 2],
      ["`status`", "node", 1],
      ["`stop`", "deno", 1],
    ]);
  });
});

describe("renderTable()", () => {
  it("writes the limit as the design does", () => {
    assertEquals(renderLimit({ constant: 150, T: 1 }, "ms"), "T + 150 ms");
    assertEquals(renderLimit({ R: 1.15 }, "ms"), "1.15 R");
    assertEquals(renderLimit({}, "count"), "0");
    assertEquals(renderLimit({ constant: 0.3 }, "%"), "0.30 %");
  });

  it("marks what misses its limit", () => {
    const table = renderTable(summarise([run(45, 20)]));
    assertEquals(
      table.split("\n").at(-1),
      "| `status` | Deno, from source | 45 ms (45–45) | R 20 | ≤ R + 20 ms | 40 ms | -5 ms | 1 | **misses** |",
    );
  });
});
