import { lineTimeMs } from "../log_lines.ts";
import { noteOf, readNotes } from "../time_index.ts";
import { findSpans, type Selection } from "./find_spans.ts";
import { ownClock, seenClock } from "./line_clock.ts";
import type { LogFile } from "./log_files.ts";
import { lastOf, type LogLine, mergeByTime } from "./merge_lines.ts";
import { CHUNK_BYTES, readLines, type Span } from "./read_lines.ts";
import { hasOwnTimes } from "./sources.ts";

/** How far a log was read: where it is to be followed from. */
export interface Position extends LogFile {
  /** In bytes. */
  offset: number;
  /** Of the file that `offset` refers to; null if there was none yet. */
  inode: number | null;
}

/** The selected lines of `logs` in the order of time, which are read as they are taken, and how far they reach. */
export function readLogs(
  logs: readonly LogFile[],
  selection: Selection,
): { lines: Iterable<LogLine>; positions: Position[] } {
  const { limit, sinceMs } = selection;
  const found = logs.map((log) => ({ log, spans: findSpans(log, selection) }));
  const read = () => mergeByTime(found.map(({ log, spans }) => since(timedLines(log, spans, sinceMs), sinceMs)));
  const positions = found.map(({ log, spans }) => {
    const current = spans.at(-1);
    return { ...log, offset: current?.to ?? 0, inode: current?.inode ?? null };
  });
  return { lines: lastOf(read, limit), positions };
}

function* timedLines(log: LogFile, spans: readonly Span[], sinceMs: number | null): Generator<LogLine> {
  const { source } = log;
  const isTimed = hasOwnTimes(source);
  // What the first lines belong to is not shown.
  const clock = isTimed ? ownClock(sinceMs === null ? firstTime(spans) : -Infinity) : seenClock;
  for (const span of spans) {
    const notes = isTimed ? [] : readNotes(span.path);
    for (const { offset, text } of readLines(span)) {
      const index = noteOf(offset, notes);
      const afterMs = notes[index - 1]?.atMs ?? -Infinity;
      yield { source, text, atMs: clock(text, { afterMs, atMs: notes[index]?.atMs ?? span.modifiedMs }) };
    }
  }
}

function* since(lines: Iterable<LogLine>, sinceMs: number | null): Generator<LogLine> {
  for (const line of lines) if (sinceMs === null || line.atMs >= sinceMs) yield line;
}

/** The first time among the next lines; null if they have none. */
function firstTime(spans: readonly Span[]): number | null {
  for (const span of spans) {
    for (const { text } of readLines({ ...span, to: Math.min(span.to, span.from + CHUNK_BYTES) })) {
      const at = lineTimeMs(text);
      if (at !== null) return at;
    }
  }
  return null;
}
