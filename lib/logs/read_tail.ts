import { fstatSync, statSync } from "node:fs";
import { readTextAt, withFile } from "../platform/files/with_file.ts";

/** The last `maxBytes` of the file at `path` as text, nothing before byte `start`; empty if there is no file. */
export function readTail(path: string, start: number, maxBytes: number): string {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0) return "";
  return withFile(path, (fd) => readTailOf(fd, start, maxBytes));
}

/** {@linkcode readTail} of an open file. */
export function readTailOf(fd: number, start: number, maxBytes: number): string {
  const { size } = fstatSync(fd);
  const from = Math.max(size < start ? 0 : start, size - maxBytes); // a file shorter than `start` was truncated
  return readTextAt(fd, from, size - from);
}
