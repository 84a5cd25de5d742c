import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { type InstallNews, newsMark, renderInstallProgress } from "../../lib/binary/render_install.ts";

const at = (
  received: number,
  bytesPerS: number | null = 4_200_000,
  total: number | null = 85_800_000,
): InstallNews => ({
  phase: "downloading",
  received,
  total,
  bytesPerS,
  seconds: 3,
});

describe("renderInstallProgress()", () => {
  it("draws a bar with size, rate and time left on a terminal", () => {
    assertEquals(
      renderInstallProgress("1.5.1", at(38_600_000), true),
      "Temporal 1.5.1 ███████░░░░░░░░░  44 %  38.6 of 85.8 MB, 4.2 MB/s, 12 s left",
    );
    assertEquals(
      renderInstallProgress("1.5.1", at(0, null), true),
      "Temporal 1.5.1 ░░░░░░░░░░░░░░░░   0 %  0.0 of 85.8 MB",
    );
    assertEquals(
      renderInstallProgress("1.5.1", at(1_000_000, 500_000), true).split(", ").at(-1),
      "2 min 50 s left",
    );
    assert(renderInstallProgress("1.5.1", at(85_800_000), true).includes("100 %"));
    assertEquals(renderInstallProgress("1.5.1", at(5_000_000, null, null), true), "Temporal 1.5.1 5.0 MB");
    assert(renderInstallProgress("1.5.1", at(85_800_000), true).length < 80);
  });

  it("has no bar where lines stay", () => {
    assertEquals(
      renderInstallProgress("1.5.1", at(38_600_000), false),
      "Downloading Temporal 1.5.1: 44 % of 85.8 MB, 4.2 MB/s",
    );
  });

  it("tells a line for each tenth, and each reason once", () => {
    const marks = Array.from({ length: 1_001 }, (_, i) => newsMark(at(85_800 * i)));
    assertEquals(new Set(marks).size, 11);
    const retry = (why: string): InstallNews => ({ phase: "retrying", why, received: 1, seconds: 1 });
    assertEquals(newsMark(retry("a")), newsMark(retry("a")));
    assert(newsMark(retry("a")) !== newsMark(retry("b")));
    const building = (seconds: number): InstallNews => ({ phase: "fetching", modules: 1, packages: 0, seconds });
    assertEquals(newsMark(building(0)), newsMark(building(14)));
    assert(newsMark(building(0)) !== newsMark(building(15)));
  });
});
