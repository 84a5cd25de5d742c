import { appendFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { DEFAULT_LOG_POLICY } from "../../../lib/logs/retention.ts";
import { rotateLog } from "../../../lib/logs/rotate_log.ts";
import { CHUNK_BYTES, MAX_LINE_BYTES, readLines, type Span } from "../../../lib/logs/show/read_lines.ts";
import { withTempDir } from "../../platform/support.ts";

const withLog = (body: (log: string) => void): Promise<void> =>
  withTempDir((folder) => body(join(folder, "worker.log")));

function spanOf(path: string, from = 0): Span {
  const { ino, size, mtimeMs } = statSync(path);
  return { path, inode: ino, modifiedMs: mtimeMs, from, to: size };
}

const textsOf = (span: Span): string[] => [...readLines(span)].map(({ text }) => text);

describe("readLines()", () => {
  it("reads lines with their offsets in bytes, an incomplete last one too", () =>
    withLog((log) => {
      writeFileSync(log, "eins\nzwölf\n\nend");
      assertEquals([...readLines(spanOf(log))], [
        { offset: 0, text: "eins" },
        { offset: 5, text: "zwölf" },
        { offset: 12, text: "" },
        { offset: 13, text: "end" },
      ]);
      assertEquals(textsOf({ ...spanOf(log), from: 5, to: 12 }), ["zwölf"]);
    }));

  it("reads lines around the size of a chunk", () =>
    withLog((log) => {
      const lines = [-2, -1, 0, 1, 2].flatMap((more) => ["ü".repeat(CHUNK_BYTES / 2 + more), "", "x"]);
      writeFileSync(log, `${lines.join("\n")}\n`);
      assertEquals(textsOf(spanOf(log)), lines);
    }));

  it("breaks a line that is too long, and does not hold it in memory", () =>
    withLog((log) => {
      writeFileSync(log, `${"a".repeat(MAX_LINE_BYTES)}\n${"b".repeat(MAX_LINE_BYTES + 1)}\nc`);
      assertEquals(textsOf(spanOf(log)).map((text) => `${text[0]} ${text.length}`), [
        `a ${MAX_LINE_BYTES}`,
        `b ${MAX_LINE_BYTES}`,
        "b 1",
        "c 1",
      ]);
      writeFileSync(log, "");
      truncateSync(log, 50 * MAX_LINE_BYTES); // a hole, that is NULs
      let count = 0;
      for (const { text } of readLines(spanOf(log))) {
        assert(text.length <= MAX_LINE_BYTES);
        count++;
      }
      assertEquals(count, 50);
    }));

  it("reads on where the log was moved or copied to meanwhile", () =>
    withLog((log) => {
      const text = "0123456789\n".repeat(3 * CHUNK_BYTES / 11);
      for (const mode of ["rename", "copy-truncate"] as const) {
        for (const isOpen of [true, false]) {
          writeFileSync(log, text);
          const lines = readLines(spanOf(log));
          const first = isOpen ? [lines.next().value!] : [];
          rotateLog(log, mode, DEFAULT_LOG_POLICY, Date.now());
          appendFileSync(log, "new\n");
          assertEquals([...first, ...lines].map((line) => `${line.text}\n`).join(""), text, `${mode} ${isOpen}`);
        }
      }
    }));

  it("ends early if the log is gone", () =>
    withLog((log) => {
      writeFileSync(log, "first\n".repeat(CHUNK_BYTES));
      const [emptied, gone] = [spanOf(log), spanOf(log)];
      const lines = readLines(emptied);
      lines.next();
      truncateSync(log);
      assert([...lines].length < CHUNK_BYTES);
      rmSync(log);
      assertEquals(textsOf(gone), []);
    }));
});
