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
  version: "1.5.1",
  seconds: 3,
});

describe("renderInstallProgress()", () => {
  it("draws a bar with size, rate and time left on a terminal", () => {
    assertEquals(
      renderInstallProgress(at(38_600_000), true),
      "Temporal 1.5.1 ███████░░░░░░░░░  44 %  38.6 of 85.8 MB, 4.2 MB/s, 12 s left",
    );
    assertEquals(
      renderInstallProgress(at(0, null), true),
      "Temporal 1.5.1 ░░░░░░░░░░░░░░░░   0 %  0.0 of 85.8 MB",
    );
    assertEquals(
      renderInstallProgress(at(1_000_000, 500_000), true).split(", ").at(-1),
      "2 min 50 s left",
    );
    assert(renderInstallProgress(at(85_800_000), true).includes("100 %"));
    assertEquals(renderInstallProgress(at(5_000_000, null, null), true), "Temporal 1.5.1 5.0 MB");
    assert(renderInstallProgress(at(85_800_000), true).length < 80);
  });

  it("has no bar where lines stay", () => {
    assertEquals(
      renderInstallProgress(at(38_600_000), false),
      "Downloading Temporal 1.5.1: 44 % of 85.8 MB, 4.2 MB/s",
    );
  });

  it("says which version is built instead of one that cannot be downloaded, or used where it is installed", () => {
    const blocked = (instead: string | null, isInstalled: boolean) =>
      renderInstallProgress(
        { phase: "blocked", why: "no route", instead, isInstalled, version: "1.8.2", seconds: 1 },
        false,
      ).slice("Cannot download Temporal 1.8.2: no route; ".length);
    assertEquals(blocked(null, false), "building it with Go instead");
    assertEquals(blocked("1.5.1", false), "building 1.5.1 instead, the newest that Go can build");
    assertEquals(blocked("1.5.1", true), "using 1.5.1 instead, which is installed");
  });

  it("tells a line for each tenth, and each reason once", () => {
    const marks = Array.from({ length: 1_001 }, (_, i) => newsMark(at(85_800 * i)));
    assertEquals(new Set(marks).size, 11);
    const retry = (why: string): InstallNews => ({ phase: "retrying", why, received: 1, version: "1.5.1", seconds: 1 });
    assertEquals(newsMark(retry("a")), newsMark(retry("a")));
    assert(newsMark(retry("a")) !== newsMark(retry("b")));
    const building = (seconds: number): InstallNews => ({
      ...{ phase: "fetching", modules: 1, packages: 0, version: "1.5.1" },
      seconds,
    });
    assertEquals(newsMark(building(0)), newsMark(building(14)));
    assert(newsMark(building(0)) !== newsMark(building(15)));
  });
});
