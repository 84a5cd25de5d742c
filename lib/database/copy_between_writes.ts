import { readSync, statSync } from "node:fs";
import { withFile } from "../platform/files/with_file.ts";
import { poll } from "../platform/runtime/poll.ts";
import { copyDatabase, removeCopy } from "./copy_files.ts";

/** A file not written to for this long is idle; the kernel's clock for file times ticks every 4–10 ms. */
const QUIET_MS = 60;
const POLL_MS = 20;
/** First bytes of an active journal (sqlite.org/fileformat2.html, section 3). */
const JOURNAL_MAGIC = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];

/**
 * Copies a database that may be in use without affecting its user: takes no lock and stops no process. Copies between
 * two writes, and checks afterwards that nothing was written meanwhile. False if there is no such moment within
 * `timeoutMs`.
 *
 * @param isInUse Whether a process may be in a transaction; if not, a journal is from a crash.
 * @throws the system's error (`ENOSPC` …)
 */
export async function copyWhileIdle(
  from: string,
  to: string,
  isInUse: boolean,
  timeoutMs: number,
): Promise<boolean> {
  const copied = async () => {
    if (isInUse && hasActiveJournal(from)) return null;
    const before = traceOf(from);
    if (isInUse && Date.now() - before.writtenAtMs < QUIET_MS) return null;
    await copyDatabase(from, to);
    if (traceOf(from).text === before.text && !(isInUse && hasActiveJournal(from))) return true;
    removeCopy(to);
    return null;
  };
  return await poll(copied, { everyMs: POLL_MS, timeoutMs }) !== null;
}

/** State that changes with each write to a database or its recovery files. */
function traceOf(path: string): { text: string; writtenAtMs: number } {
  const infos = ["", "-journal", "-wal"].map((suffix) =>
    statSync(path + suffix, { bigint: true, throwIfNoEntry: false })
  );
  return {
    text: infos.map((info) => info === undefined ? "-" : `${info.ino} ${info.size} ${info.mtimeNs}`).join("\n"),
    writtenAtMs: Math.max(...infos.map((info) => info === undefined ? 0 : Number(info.mtimeMs))),
  };
}

/** Whether a transaction may be in progress: there is a journal that SQLite would roll back. */
function hasActiveJournal(path: string): boolean {
  if (statSync(`${path}-journal`, { throwIfNoEntry: false }) === undefined) return false;
  const head = new Uint8Array(JOURNAL_MAGIC.length);
  try {
    withFile(`${path}-journal`, (fd) => readSync(fd, head, 0, head.length, 0));
  } catch {
    return true; // created or removed just now
  }
  return JOURNAL_MAGIC.every((byte, index) => head[index] === byte);
}
