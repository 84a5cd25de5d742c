import { closeSync, openSync, readSync, statSync } from "node:fs";

/** The end of the file at `path` as text, at most `maxBytes` and nothing before `start`; empty when there is none. */
export function readTail(path: string, start: number, maxBytes: number): string {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const from = Math.max(size < start ? 0 : start, size - maxBytes); // a file shorter than `start` was truncated
  const bytes = new Uint8Array(Math.max(0, size - from));
  if (bytes.length === 0) return "";
  const fd = openSync(path, "r");
  try {
    return new TextDecoder().decode(bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, from)));
  } finally {
    closeSync(fd);
  }
}
