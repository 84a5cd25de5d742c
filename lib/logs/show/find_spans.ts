import { readSync, statSync } from "node:fs";
import { basename } from "node:path";
import { withFile } from "../../platform/files/with_file.ts";
import { lineTimeMs } from "../log_lines.ts";
import { rotatedAtMs } from "../retention.ts";
import { rotatedLogs } from "../rotate_log.ts";
import { readNotes } from "../time_index.ts";
import type { LogFile } from "./log_files.ts";
import { CHUNK_BYTES, MAX_LINE_BYTES, NEWLINE, type Span } from "./read_lines.ts";
import { hasOwnTimes } from "./sources.ts";

/** Which lines to show. */
export interface Selection {
  /** The last ones of all logs together; Infinity = all. */
  limit: number;
  /** Those written at this time or later, in Unix ms; null = at any time. */
  sinceMs: number | null;
}

/**
 * The parts of a log, rotated ones included, that hold the lines of `selection`, oldest first. They may begin earlier: what
 * is before `sinceMs` is still to be left out. Reads from the end, and only as far as it must. None if the log does not exist.
 */
export function findSpans(log: LogFile, { limit, sinceMs }: Selection): Span[] {
  const { path } = log;
  const current = wholeFile(path);
  if (current === null) return [];
  const spans: Span[] = [];
  let missing = limit;
  for (const file of [path, ...rotatedLogs(path).reverse()]) {
    const isOlder = file !== path && sinceMs !== null && rotatedAtMs(basename(file), basename(path))! < sinceMs;
    if (isOlder) break;
    const span = file === path ? current : wholeFile(file);
    if (span === null) continue; // removed meanwhile
    if (sinceMs === null) {
      const { from, count } = withFile(file, (fd) => lastLines(fd, span.to, missing));
      span.from = from;
      missing -= count;
    } else {
      span.from = hasOwnTimes(log.source) ? firstByLine(span, sinceMs) : firstByNote(span, sinceMs);
    }
    spans.unshift(span);
    if (span.from > 0 || missing <= 0) break;
  }
  return spans;
}

function wholeFile(path: string): Span | null {
  const info = statSync(path, { throwIfNoEntry: false });
  return info === undefined ? null : { path, inode: info.ino, modifiedMs: info.mtimeMs, from: 0, to: info.size };
}

/** Where the last `limit` of the lines before `to` begin, and how many there are. */
function lastLines(fd: number, to: number, limit: number): { from: number; count: number } {
  if (limit <= 0 || to === 0) return { from: to, count: 0 };
  if (limit === Infinity) return { from: 0, count: 0 };
  let count = 0;
  let start = to;
  for (const { offset, bytes } of backward(fd, to - 1)) { // the last byte, a newline or not, begins no line
    for (let at = bytes.length; at > 0;) {
      at = bytes.lastIndexOf(NEWLINE, at - 1);
      if (at < 0) break;
      start = offset + at + 1;
      if (++count === limit) return { from: start, count };
    }
    for (; start - offset > MAX_LINE_BYTES;) {
      start -= MAX_LINE_BYTES;
      if (++count === limit) return { from: start, count };
    }
  }
  return { from: 0, count: count + 1 };
}

/**
 * Where the lines since a time begin at the earliest, by the times in the lines. Goes on until all times of a chunk are
 * earlier: a clock may have been set back.
 */
function firstByLine({ path, to }: Span, sinceMs: number): number {
  const decoder = new TextDecoder();
  return withFile(path, (fd) => {
    for (const { offset, bytes } of backward(fd, to)) {
      const first = offset === 0 ? 0 : bytes.indexOf(NEWLINE) + 1;
      if (first === 0 && offset > 0) continue; // within a long line
      const lines = decoder.decode(bytes.subarray(first)).split("\n");
      const isTimed = lines.some((line) => lineTimeMs(line) !== null); // mostly the first one
      if (isTimed && lines.every((line) => (lineTimeMs(line) ?? 0) < sinceMs)) return offset + first;
    }
    return 0;
  });
}

/** The same by the notes about when the log grew; without one, when the file was written last decides. */
function firstByNote({ path, to, modifiedMs }: Span, sinceMs: number): number {
  const notes = readNotes(path).filter(({ offset }) => offset <= to);
  const index = notes.findIndex(({ atMs }) => atMs >= sinceMs);
  if (index < 0 && modifiedMs < sinceMs) return to;
  const before = notes.at(index < 0 ? -1 : index - 1)?.offset ?? 0;
  if (index === 0 || before === 0) return 0;
  return withFile(path, (fd) => lastLines(fd, before, 1).from); // the note may have come within a line
}

/** The chunks before `to`, the last one first. */
function* backward(fd: number, to: number): Generator<{ offset: number; bytes: Uint8Array }> {
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (let end = to; end > 0;) {
    const offset = Math.max(0, end - CHUNK_BYTES);
    const count = readSync(fd, buffer, 0, end - offset, offset);
    yield { offset, bytes: buffer.subarray(0, count) };
    end = offset;
  }
}
