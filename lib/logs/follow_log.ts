import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { delay } from "../platform/runtime/delay.ts";
import { rotatedLogs } from "./rotate_log.ts";

/** How often a followed log is polled, in ms. */
const POLL_MS = 100;
const CHUNK_BYTES = 64 * 1024;

/**
 * The complete lines of {@linkcode followLog}, as they arrive; a line without its end is held back.
 *
 * @param inode Of the file that `offset` refers to; null if there was none yet.
 */
export async function* followLines(
  path: string,
  offset: number,
  inode: number | null,
  signal: AbortSignal,
): AsyncGenerator<string[]> {
  let partial = "";
  for await (const text of followLog(path, offset, inode, signal)) {
    const lines = (partial + text).split("\n");
    partial = lines.pop() ?? "";
    if (lines.length > 0) yield lines;
  }
}

/**
 * Yields what is written to the log at `path` from byte `offset` on, until `signal` aborts; what was written before that
 * is yielded still. Follows both kinds of rotation:
 * reads a renamed file to its end before it opens the new one, and the unread rest of a truncated file from its copy.
 *
 * @param inode Of the file that `offset` refers to; null if there was none yet.
 */
export async function* followLog(
  path: string,
  offset: number,
  inode: number | null,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let fd: number | null = null;
  let at = offset;
  let openInode = inode;
  try {
    for (;;) {
      const isLast = signal.aborted;
      const now = statSync(path, { throwIfNoEntry: false });
      if (fd === null && now !== undefined) {
        if (openInode !== null && now.ino !== openInode) yield* rest(renamedFrom(path, openInode), at, decoder);
        fd = openSync(path, "r");
        if (openInode !== now.ino) at = 0;
        openInode = fstatSync(fd).ino;
      }
      if (fd !== null) {
        const size = fstatSync(fd).size;
        if (size < at) {
          yield* rest(rotatedLogs(path).at(-1) ?? null, at, decoder);
          at = 0;
        }
        for (const text of read(fd, at, decoder)) {
          at = text.next;
          yield text.text;
        }
        if (now === undefined || now.ino !== openInode) {
          closeSync(fd);
          fd = null;
          openInode = null;
          at = 0;
          continue;
        }
      }
      if (isLast) return;
      await delay(POLL_MS, signal).catch(() => {}); // an abort leaves one last look
    }
  } finally {
    if (fd !== null) closeSync(fd);
  }
}

function renamedFrom(path: string, inode: number): string | null {
  return rotatedLogs(path).find((rotated) => statSync(rotated, { throwIfNoEntry: false })?.ino === inode) ?? null;
}

function* rest(path: string | null, from: number, decoder: TextDecoder): Generator<string> {
  if (path === null) return;
  const fd = openSync(path, "r");
  try {
    for (const { text } of read(fd, from, decoder)) yield text;
  } finally {
    closeSync(fd);
  }
}

function* read(fd: number, from: number, decoder: TextDecoder): Generator<{ text: string; next: number }> {
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (let at = from;;) {
    const count = readSync(fd, buffer, 0, buffer.length, at);
    if (count === 0) return;
    at += count;
    yield { text: decoder.decode(buffer.subarray(0, count), { stream: true }), next: at };
  }
}
