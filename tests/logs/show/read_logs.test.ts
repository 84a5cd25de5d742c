import { appendFileSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { DEFAULT_LOG_POLICY, timesPath } from "../../../lib/logs/retention.ts";
import { rotateLog } from "../../../lib/logs/rotate_log.ts";
import { findSpans } from "../../../lib/logs/show/find_spans.ts";
import { logFile } from "../../../lib/logs/show/log_files.ts";
import { CHUNK_BYTES, MAX_LINE_BYTES } from "../../../lib/logs/show/read_lines.ts";
import { readLogs } from "../../../lib/logs/show/read_logs.ts";
import { noteGrowth } from "../../../lib/logs/time_index.ts";
import { withTempDir } from "../../platform/support.ts";

const NOW = Date.parse("2026-11-23T05:59:00.000Z");
const iso = (atMs: number): string => new Date(atMs).toISOString();
const timed = (atMs: number, text: string): string => `time=${iso(atMs)} level=INFO msg=${text}\n`;

/** The text of the selected lines of the logs called `names`, in order. */
function select(folder: string, names: readonly string[], limit = Infinity, sinceMs: number | null = null): string[] {
  const logs = names.map((name) => logFile(folder, name));
  return [...readLogs(logs, { limit, sinceMs }).lines].map(({ text }) => /msg=(.*)/.exec(text)?.[1] ?? text);
}

/** Appends to the log of a process, and notes it as the supervisor does. */
function say(folder: string, name: string, atMs: number, text: string): void {
  const { path } = logFile(folder, name);
  appendFileSync(path, text);
  noteGrowth(path, atMs);
}

describe("readLogs() of one log", () => {
  it("reads the last lines of any log, whatever its lines are like", () =>
    withTempDir((folder) => {
      const log = join(folder, "api.log");
      const long = fc.integer({ min: CHUNK_BYTES - 3, max: CHUNK_BYTES + 3 }).map((length) => "x".repeat(length));
      const line = fc.oneof({ weight: 9, arbitrary: fc.string({ unit: "grapheme" }) }, long)
        .map((text) => text.replaceAll(/[\n\uFEFF]/g, " "));
      fc.assert(
        fc.property(fc.array(line), fc.boolean(), fc.nat(12), (lines, hasEnd, limit) => {
          writeFileSync(log, lines.join("\n") + (hasEnd && lines.length > 0 ? "\n" : ""));
          const written = hasEnd || lines.at(-1) !== "" ? lines : lines.slice(0, -1);
          assertEquals(select(folder, ["api"], limit), limit === 0 ? [] : written.slice(-limit));
        }),
        { numRuns: 50 },
      );
    }));

  it("reads only the end of a log of a gigabyte without a newline", () =>
    withTempDir((folder) => {
      const log = join(folder, "api.log");
      writeFileSync(log, "");
      truncateSync(log, 2 ** 30);
      appendFileSync(log, "\nlast\n");
      assertEquals(findSpans(logFile(folder, "api"), { limit: 1, sinceMs: null })[0]!.from, 2 ** 30 + 1);
      const two = findSpans(logFile(folder, "api"), { limit: 2, sinceMs: null })[0]!;
      assertEquals(two.to - two.from, MAX_LINE_BYTES + "last\n".length);
      assertEquals(select(folder, ["api"], 2).map(({ length }) => length), [MAX_LINE_BYTES - 1, 4]);
    }));

  it("says how far it read, so that it can be followed from there", () =>
    withTempDir((folder) => {
      writeFileSync(join(folder, "api.log"), "one\ntwo\n");
      const logs = ["api", "missing"].map((name) => logFile(folder, name));
      const { positions } = readLogs(logs, { limit: 0, sinceMs: null });
      assertEquals(positions.map(({ source, offset }) => [source, offset]), [["api", 8], ["missing", 0]]);
      assertEquals(positions.map(({ inode }) => inode), [statSync(join(folder, "api.log")).ino, null]);
    }));

  it("reads Temporal's lines since a time, and only as much of the log as it must", () =>
    withTempDir((folder) => {
      const log = join(folder, "temporal.log");
      const old = timed(NOW - 60_000, "old") + "\ttrace of old\n";
      writeFileSync(log, old.repeat(10_000) + timed(NOW, "new") + "\ttrace of new\n" + timed(NOW + 1, "newer"));
      const [span] = findSpans(logFile(folder, "temporal"), { limit: Infinity, sinceMs: NOW });
      assert(span!.to - span!.from <= 2 * CHUNK_BYTES);
      assertEquals(select(folder, ["temporal"], Infinity, NOW), ["new", "\ttrace of new", "newer"]);
      assertEquals(select(folder, ["temporal"], 1, NOW), ["newer"]);
      assertEquals(select(folder, ["temporal"], Infinity, NOW + 2), []);
    }));

  it("leaves out lines of which it does not know that they are of that time", () =>
    withTempDir((folder) => {
      writeFileSync(join(folder, "temporal.log"), `a banner\n${timed(NOW, "new")}`);
      assertEquals(select(folder, ["temporal"], Infinity, NOW - 1000), ["new"]);
      assertEquals(select(folder, ["temporal"]), ["a banner", "new"]);
    }));

  it("knows from its index when a process wrote its lines, in rotated logs too", () =>
    withTempDir((folder) => {
      const { path } = logFile(folder, "api");
      say(folder, "api", NOW, "first\nsecond\nin");
      say(folder, "api", NOW + 1000, "complete\nthird\n");
      rotateLog(path, "copy-truncate", DEFAULT_LOG_POLICY, NOW + 1500);
      say(folder, "api", NOW + 2000, "fourth\n");
      assertEquals(select(folder, ["api"], Infinity, NOW), ["first", "second", "incomplete", "third", "fourth"]);
      assertEquals(select(folder, ["api"], Infinity, NOW + 1), ["third", "fourth"]);
      assertEquals(select(folder, ["api"], 1, NOW + 1), ["fourth"]);
      assertEquals(select(folder, ["api"], Infinity, NOW + 1600), ["fourth"]);
    }));

  it("goes by when the file was written where there is no index, or none that is sound", () =>
    withTempDir((folder) => {
      const { path } = logFile(folder, "api");
      for (const index of [null, "hostile", "000000000002 9999999999999\n".repeat(2)]) {
        writeFileSync(path, "first\nsecond\n");
        if (index !== null) writeFileSync(timesPath(path), index);
        utimesSync(path, NOW / 1000, NOW / 1000);
        assertEquals(select(folder, ["api"], Infinity, NOW), ["first", "second"]);
        assertEquals(select(folder, ["api"], Infinity, NOW + 1000), []);
      }
    }));
});

describe("readLogs() of several logs", () => {
  it("orders lines by time, and keeps a trace together", () =>
    withTempDir((folder) => {
      writeFileSync(
        join(folder, "temporal.log"),
        `banner\n${timed(NOW, "t0")}\ttrace\n\ttrace\n${timed(NOW + 1500, "t1")}${timed(NOW + 3000, "t2")}`,
      );
      say(folder, "worker", NOW - 1000, "w0\n");
      say(folder, "worker", NOW + 1000, "w1\nw2\n");
      say(folder, "worker", NOW + 2000, "w3\n");
      const all = ["w0", "banner", "t0", "\ttrace", "\ttrace", "w1", "w2", "t1", "w3", "t2"];
      const names = ["temporal", "worker", "missing"];
      assertEquals(select(folder, names), all);
      for (const limit of [0, 1, 3, 9, 10, 11]) {
        assertEquals(select(folder, names, limit), limit === 0 ? [] : all.slice(-limit));
      }
      assertEquals(select(folder, names, Infinity, NOW + 1000), ["w1", "w2", "t1", "w3", "t2"]);
      assertEquals(select(folder, names, 2, NOW + 1000), ["w3", "t2"]);
    }));

  it("orders a process's line by its own time where that can be right", () =>
    withTempDir((folder) => {
      writeFileSync(join(folder, "temporal.log"), timed(NOW + 300, "t0") + timed(NOW + 600, "t1"));
      say(folder, "worker", NOW, "start\n");
      say(folder, "worker", NOW + 1000, timed(NOW + 400, "exact") + timed(NOW - 7_200_000, "elsewhere"));
      assertEquals(select(folder, ["temporal", "worker"]), ["start", "t0", "exact", "t1", "elsewhere"]);
    }));
});
