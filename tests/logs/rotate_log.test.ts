import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { DEFAULT_LOG_POLICY } from "../../lib/logs/retention.ts";
import { rotatedLogs, rotateLog, rotateLogBySize } from "../../lib/logs/rotate_log.ts";
import { withFileSystem } from "../e2e/support_places.ts";
import { withTempDir } from "../platform/support.ts";

const NOW = Date.parse("2026-11-23T05:59:01.123Z");
const ROTATED = "temporal-20261123T055901123Z.log";
const DAY_MS = 24 * 60 * 60 * 1000;
const policy = DEFAULT_LOG_POLICY;

const textOf = (path: string): string => readFileSync(path, "utf8");

describe("rotateLog()", () => {
  it("renames a log that no process has open", () =>
    withTempDir((folder) => {
      const log = join(folder, "temporal.log");
      writeFileSync(log, "before\n");
      rotateLog(log, "rename", policy, NOW);
      assertEquals([readdirSync(folder), textOf(join(folder, ROTATED))], [[ROTATED], "before\n"]);
    }));

  it("copies and truncates a log whose writer then continues at its beginning", () =>
    withTempDir((folder) => {
      const log = join(folder, "temporal.log");
      const writer = openSync(log, "a");
      try {
        writeSync(writer, "before\n");
        const { ino } = lstatSync(log);
        rotateLog(log, "copy-truncate", policy, NOW);
        writeSync(writer, "after\n");
        assertEquals([textOf(join(folder, ROTATED)), textOf(log)], ["before\n", "after\n"]);
        assertEquals(lstatSync(log).ino, ino);
      } finally {
        closeSync(writer);
      }
    }));

  it("overwrites nothing, even within one ms", () =>
    withTempDir((folder) => {
      const log = join(folder, "temporal.log");
      for (let round = 0; round < 12; round++) {
        writeFileSync(log, `${round}\n`);
        rotateLog(log, round % 2 === 0 ? "rename" : "copy-truncate", policy, NOW);
      }
      assertEquals(rotatedLogs(log).map(textOf), Array.from({ length: 12 }, (_, round) => `${round}\n`));
    }));

  it("leaves a log alone that is empty, missing or not a regular file", () =>
    withTempDir((folder) => {
      const log = join(folder, "temporal.log");
      writeFileSync(join(folder, "elsewhere"), "mine\n");
      for (
        const make of [() => {}, () =>
          writeFileSync(log, ""), () =>
          symlinkSync("elsewhere", `${log}.log`), () =>
          mkdirSync(`${log}.d.log`)]
      ) {
        make();
        for (const mode of ["rename", "copy-truncate"] as const) {
          for (const name of ["temporal.log", "temporal.log.log", "temporal.log.d.log"]) {
            rotateLog(join(folder, name), mode, policy, NOW);
          }
        }
      }
      assertEquals(readdirSync(folder).sort(), ["elsewhere", "temporal.log", "temporal.log.d.log", "temporal.log.log"]);
      assertEquals(textOf(join(folder, "elsewhere")), "mine\n");
    }));

  it("removes only rotated logs that are too old or exceed the total", () =>
    withTempDir((folder) => {
      const log = join(folder, "temporal.log");
      const small = { ...policy, logMaxTotalBytes: 20 };
      for (const daysAgo of [8, 3, 2, 1]) {
        writeFileSync(log, "8 bytes\n");
        rotateLog(log, "rename", policy, NOW - daysAgo * DAY_MS);
      }
      const others = ["notes.log", "supervisor-20200101T000000000Z.log", "temporal-old.log"];
      for (const name of others) writeFileSync(join(folder, name), "x".repeat(100));
      for (const name of ["temporal-20200101T000000000Z.log", "temporal-20200102T000000000Z.log"]) others.push(name);
      mkdirSync(join(folder, others.at(-2)!));
      symlinkSync("notes.log", join(folder, others.at(-1)!));
      assertEquals(rotatedLogs(log).length, 4);
      rotateLog(log, "rename", small, NOW);
      assertEquals(
        rotatedLogs(log).map((path) => basename(path)),
        [2, 1].map((daysAgo) => `temporal-${new Date(NOW - daysAgo * DAY_MS).toISOString().replace(/[-:.]/g, "")}.log`),
      );
      for (const name of others) assert(existsSync(join(folder, name)), name);
    }));
});

describe("rotateLogBySize()", () => {
  it("rotates a log only once it has reached its maximum size", () =>
    withTempDir((folder) => {
      const log = join(folder, "temporal.log");
      const small = { ...policy, logMaxSizeBytes: 8 };
      assertEquals(rotateLogBySize(log, small, NOW), false);
      writeFileSync(log, "7 bytes");
      assertEquals([rotateLogBySize(log, small, NOW), textOf(log)], [false, "7 bytes"]);
      writeFileSync(log, "8 bytes\n");
      assertEquals([rotateLogBySize(log, small, NOW), textOf(log)], [true, ""]);
      assertEquals(rotatedLogs(log).map(textOf), ["8 bytes\n"]);
    }));

  it("does not rotate on a nearly full disk, where a copy each second would fill it", (t) =>
    withFileSystem(t, "3m", ({ path: folder }) => {
      const log = join(folder, "temporal.log");
      writeFileSync(log, new Uint8Array(2 * 1024 * 1024));
      const assertNothingMore = () =>
        assertEquals([readdirSync(folder), lstatSync(log).size], [["temporal.log"], 2 ** 21]);
      assertEquals(rotateLogBySize(log, { ...policy, logMaxSizeBytes: 1024 }, NOW), false);
      assertNothingMore();
      assertThrows(() => rotateLog(log, "copy-truncate", policy, NOW));
      assertNothingMore();
      return Promise.resolve();
    }));
});
