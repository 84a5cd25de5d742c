import { closeSync, openSync, readSync, statSync } from "node:fs";
import { delay } from "../platform/runtime/delay.ts";
import { copyDatabase, removeCopy } from "./copy.ts";

/** A file that was not written to for this long is between two writes: the kernel's clock for files ticks each 4–10 ms. */
const QUIET_MS = 60;
const POLL_MS = 20;
/** What a journal begins with that is in use (sqlite.org/fileformat2.html, section 3). */
const JOURNAL_MAGIC = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];

/**
 * Copies a database that may be in use without disturbing whoever uses it: takes no lock, stops nobody. Between two
 * writes, and checks afterwards that nobody wrote meanwhile. False when there is no such moment within `patienceMs`.
 *
 * @param isInUse Somebody may be in the middle of a transaction; else a journal is what a crash left.
 * @throws the system's error (`ENOSPC` …)
 */
export async function copyWhileIdle(
  from: string,
  to: string,
  isInUse: boolean,
  patienceMs: number,
): Promise<boolean> {
  for (const giveUpAt = performance.now() + patienceMs; performance.now() < giveUpAt; await delay(POLL_MS)) {
    if (isInUse && hasActiveJournal(from)) continue;
    const before = traceOf(from);
    if (isInUse && Date.now() - before.writtenAtMs < QUIET_MS) continue;
    await copyDatabase(from, to);
    if (traceOf(from).text === before.text && !(isInUse && hasActiveJournal(from))) return true;
    removeCopy(to);
  }
  return false;
}

/** What changes with each write to a database or what it recovers from. */
function traceOf(path: string): { text: string; writtenAtMs: number } {
  const infos = ["", "-journal", "-wal"].map((suffix) =>
    statSync(path + suffix, { bigint: true, throwIfNoEntry: false })
  );
  return {
    text: infos.map((info) => info === undefined ? "-" : `${info.ino} ${info.size} ${info.mtimeNs}`).join("\n"),
    writtenAtMs: Math.max(...infos.map((info) => info === undefined ? 0 : Number(info.mtimeMs))),
  };
}

/** Whether a transaction may be half-written: it has a journal that would be rolled back. */
function hasActiveJournal(path: string): boolean {
  if (statSync(`${path}-journal`, { throwIfNoEntry: false }) === undefined) return false;
  let fd: number;
  try {
    fd = openSync(`${path}-journal`, "r");
  } catch {
    return true; // it came or went just now
  }
  try {
    const head = new Uint8Array(JOURNAL_MAGIC.length);
    readSync(fd, head, 0, head.length, 0);
    return JOURNAL_MAGIC.every((byte, index) => head[index] === byte);
  } finally {
    closeSync(fd);
  }
}
