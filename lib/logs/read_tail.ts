import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";

/** The last `maxBytes` of the file at `path` as text, nothing before byte `start`; empty if there is no file. */
export function readTail(path: string, start: number, maxBytes: number): string {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0) return "";
  const fd = openSync(path, "r");
  try {
    return readTailOf(fd, start, maxBytes);
  } finally {
    closeSync(fd);
  }
}

/** {@linkcode readTail} of an open file. */
export function readTailOf(fd: number, start: number, maxBytes: number): string {
  const { size } = fstatSync(fd);
  const from = Math.max(size < start ? 0 : start, size - maxBytes); // a file shorter than `start` was truncated
  const bytes = new Uint8Array(size - from);
  return new TextDecoder().decode(bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, from)));
}
