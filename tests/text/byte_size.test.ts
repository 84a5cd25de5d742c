import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { isYes } from "../../lib/platform/runtime/prompt.ts";
import { formatBytes } from "../../lib/text/byte_size.ts";

describe("formatBytes()", () => {
  it("uses the largest unit, and one decimal for small numbers", () => {
    const sizes = [0, 999, 1000, 1500, 585_728, 999_499, 999_500, 1e6, 12_345_678, 1e9, 2.5e12, 9e15, -5];
    const expected = ["0 B", "999 B", "1.0 kB", "1.5 kB", "586 kB", "999 kB", "1.0 MB", "1.0 MB", "12 MB", "1.0 GB"];
    assertEquals(sizes.map(formatBytes), [...expected, "2.5 TB", "9000 TB", "0 B"]);
  });
});

describe("isYes()", () => {
  it("accepts only a clear yes", () => {
    assertEquals(["y", "Y", "yes", " Yes \r"].map(isYes), [true, true, true, true]);
    assertEquals(["", "n", "no", "yesterday", "yy", "ja", "\n"].map(isYes), Array(7).fill(false));
  });
});
