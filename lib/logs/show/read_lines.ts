import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { systemErrorCode } from "../../errors/local_error.ts";
import { concatBytes } from "../../platform/net/bytes.ts";
import { newestRotated } from "../rotate_log.ts";

/** Part of a log, or of a rotated one, as it was when it was chosen. */
export interface Span {
  path: string;
  inode: number;
  /** When the file was last written, in Unix ms. */
  modifiedMs: number;
  from: number;
  to: number;
}

/** A line, and the offset at which it begins. */
export interface ReadLine {
  offset: number;
  text: string;
}

/** A longer line, as in what is not text, is taken for several of this length, in bytes: memory has to hold it. */
export const MAX_LINE_BYTES = 1024 * 1024;
/** How much is read at once, in bytes. */
export const CHUNK_BYTES = 64 * 1024;
export const NEWLINE = 10;

/**
 * The lines of a part of a log, which are read as they are taken. A log that is rotated meanwhile is read on where it was
 * moved or copied to; nothing more comes if it is gone.
 */
export function* readLines(span: Span): Generator<ReadLine> {
  const decoder = new TextDecoder();
  let rest: Uint8Array = new Uint8Array(0);
  let offset = span.from;
  for (const chunk of chunksOf(span)) {
    const bytes = rest.length === 0 ? chunk : concatBytes([rest, chunk]);
    let at = 0;
    for (;;) {
      const newline = bytes.indexOf(NEWLINE, at);
      const end = newline < 0 ? bytes.length : newline;
      const isLong = end - at > MAX_LINE_BYTES;
      if (newline < 0 && !isLong) break;
      const cut = isLong ? at + MAX_LINE_BYTES : end;
      yield { offset: offset + at, text: decoder.decode(bytes.subarray(at, cut)) };
      at = isLong ? cut : cut + 1;
    }
    rest = bytes.slice(at); // the buffer is used again
    offset += at;
  }
  if (rest.length > 0) yield { offset, text: decoder.decode(rest) };
}

/** The bytes of a part of a log, in one buffer that is used again. */
function* chunksOf({ path, inode, from, to }: Span): Generator<Uint8Array> {
  const buffer = new Uint8Array(CHUNK_BYTES);
  let fd = open(path);
  try {
    if (fd !== null && fstatSync(fd).ino !== inode) fd = exchange(fd, newestRotated(path, (other) => other === inode));
    for (let at = from; at < to && fd !== null;) {
      if (fstatSync(fd).size < to) fd = exchange(fd, newestRotated(path, (other) => other !== inode)); // truncated
      const count = fd === null ? 0 : readSync(fd, buffer, 0, Math.min(buffer.length, to - at), at);
      if (count === 0) return;
      at += count;
      yield buffer.subarray(0, count);
    }
  } finally {
    if (fd !== null) closeSync(fd);
  }
}

function exchange(fd: number, path: string | null): number | null {
  closeSync(fd);
  return path === null ? null : open(path);
}

/** Null if the file is gone. */
function open(path: string): number | null {
  try {
    return openSync(path, "r");
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return null;
    throw error;
  }
}
