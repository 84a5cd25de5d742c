import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { DEFAULT_LOG_POLICY, timesPath } from "../../lib/logs/retention.ts";
import { rotatedLogs, rotateLog } from "../../lib/logs/rotate_log.ts";
import { noteGrowth, noteOf, parseNotes, readNotes } from "../../lib/logs/time_index.ts";
import { withTempDir } from "../platform/support.ts";

const NOW = Date.parse("2026-11-23T05:59:01.123Z");

const withLog = (body: (log: string, folder: string) => void): Promise<void> =>
  withTempDir((folder) => body(join(folder, "worker.log"), folder));

describe("noteGrowth()", () => {
  it("notes the size of a log and the time, in text, when it has grown", () =>
    withLog((log) => {
      let noted = noteGrowth(log, NOW);
      assertEquals([noted, existsSync(timesPath(log))], [0, false]);
      writeFileSync(log, "first\n");
      noted = noteGrowth(log, NOW + 1000, noted);
      noted = noteGrowth(log, NOW + 2000, noted);
      appendFileSync(log, "second\n");
      noted = noteGrowth(log, NOW + 3000, noted);
      assertEquals(readFileSync(timesPath(log), "utf8"), `000000000006 ${NOW + 1000}\n000000000013 ${NOW + 3000}\n`);
      assertEquals(readNotes(log), [{ offset: 6, atMs: NOW + 1000 }, { offset: 13, atMs: NOW + 3000 }]);
      assertEquals([noted, statSync(timesPath(log)).mode & 0o777], [13, 0o600]);
    }));

  it("continues what another supervisor noted", () =>
    withLog((log) => {
      writeFileSync(log, "first\n");
      noteGrowth(log, NOW);
      noteGrowth(log, NOW + 1000);
      appendFileSync(log, "second\n");
      noteGrowth(log, NOW + 2000);
      assertEquals(readNotes(log), [{ offset: 6, atMs: NOW }, { offset: 13, atMs: NOW + 2000 }]);
    }));

  it("begins again when the log was emptied, or the index is not one", () =>
    withLog((log) => {
      for (const index of ["nonsense", "x".repeat(27), "000000000900 1763877542123\n", "1".repeat(27 * 5000)]) {
        writeFileSync(timesPath(log), index);
        writeFileSync(log, "first\n");
        noteGrowth(log, NOW);
        assertEquals(readNotes(log), [{ offset: 6, atMs: NOW }], index.slice(0, 30));
      }
    }));

  it("goes on behind a note that a full disk cut off", () =>
    withLog((log) => {
      writeFileSync(log, "first\n");
      noteGrowth(log, NOW);
      appendFileSync(timesPath(log), "00000000001");
      assertEquals(readNotes(log), [{ offset: 6, atMs: NOW }]);
      appendFileSync(log, "second\n");
      noteGrowth(log, NOW + 1000);
      assertEquals(readNotes(log), [{ offset: 6, atMs: NOW }, { offset: 13, atMs: NOW + 1000 }]);
    }));

  it("keeps a few thousand notes of a log that grows for days, and the last one always", () =>
    withLog((log) => {
      writeFileSync(log, "");
      let noted = 0;
      for (let second = 1; second <= 10_000; second++) {
        truncateSync(log, second * 10);
        noted = noteGrowth(log, NOW + second * 1000, noted);
      }
      assert(statSync(timesPath(log)).size <= 4097 * 27);
      const notes = readNotes(log);
      assert(notes.length > 2000);
      assertEquals(notes.at(-1), { offset: 100_000, atMs: NOW + 10_000_000 });
    }));

  it("writes through no link, and waits for no reader", () =>
    withLog((log, folder) => {
      writeFileSync(log, "first\n");
      writeFileSync(join(folder, "mine"), "");
      symlinkSync("mine", timesPath(log));
      assertEquals([noteGrowth(log, NOW), readNotes(log)], [-1, []]);
      assertEquals(readFileSync(join(folder, "mine"), "utf8"), "");
      const other = join(folder, "other.log");
      writeFileSync(other, "first\n");
      mkdirSync(timesPath(other));
      assertEquals([noteGrowth(other, NOW), readNotes(other)], [-1, []]);
      assertEquals([noteGrowth(folder, NOW), noteGrowth(join(other, "x.log"), NOW)], [0, -1]);
    }));

  it("notes a log only behind what was rotated, whose notes go with it", () =>
    withLog((log, folder) => {
      for (const [round, mode] of (["copy-truncate", "rename"] as const).entries()) {
        writeFileSync(log, `round ${round}\n`);
        const noted = noteGrowth(log, NOW + round);
        rotateLog(log, mode, DEFAULT_LOG_POLICY, NOW + round);
        assertEquals([noteGrowth(log, NOW + 100, noted), readNotes(log)], [0, []]);
        assertEquals(readNotes(rotatedLogs(log).at(-1)!), [{ offset: 8, atMs: NOW + round }]);
      }
      rotateLog(log, "rename", DEFAULT_LOG_POLICY, NOW + 2000 * DEFAULT_LOG_POLICY.logMaxAgeS);
      assertEquals(readdirSync(folder).filter((name) => name.includes("-")), [], "an index is left without its log");
    }));
});

describe("parseNotes()", () => {
  it("takes a text whole or not at all", () => {
    const note = "000000000006 1763877542123\n";
    assertEquals(parseNotes(""), []);
    assertEquals(parseNotes(note), [{ offset: 6, atMs: 1763877542123 }]);
    for (const text of [note.slice(1), note + note, note + "x".repeat(27), `0${note}`, note.replace("6 1", "6\n1")]) {
      assertEquals(parseNotes(text), null, text);
    }
    fc.assert(fc.property(fc.string(), (text) => void parseNotes(text)));
  });
});

describe("noteOf()", () => {
  it("finds the first note beyond an offset", () => {
    const sorted = fc.uniqueArray(fc.integer({ min: 1, max: 1000 })).map((all) => all.sort((a, b) => a - b));
    fc.assert(fc.property(sorted, fc.nat(1001), (offsets, offset) => {
      const first = offsets.findIndex((each) => each > offset);
      const notes = offsets.map((each) => ({ offset: each, atMs: 0 }));
      assertEquals(noteOf(offset, notes), first < 0 ? offsets.length : first);
    }));
  });
});
