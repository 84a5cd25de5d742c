import { constants, fstatSync, ftruncateSync, lstatSync, writeSync } from "node:fs";
import { orNull } from "../errors/system_error.ts";
import { readBounded } from "../platform/files/atomic_file.ts";
import { readTextAt, withFile } from "../platform/files/with_file.ts";
import { timesPath } from "./retention.ts";

/**
 * When the lines of a log were written, for logs whose lines carry no time that this tool can read. Beside `NAME.log` lies
 * `NAME.log.times`, with a note of {@linkcode NOTE_BYTES} bytes for each second in which the log grew: the size of the log in
 * 12 digits, a space, the time in Unix ms in 13 digits, a newline. Offsets ascend. What lies between two offsets was written
 * between the two times. The index moves with the log when that is rotated.
 */
export interface Note {
  /** The size of the log, in bytes. */
  offset: number;
  /** When it had that size, in Unix ms. */
  atMs: number;
}

const NOTE_BYTES = 27;
const NOTE = /^(\d{12}) (\d{13})\n$/;
/** When there are so many notes, every second one goes: the older the lines, the less their second matters. */
const MOST_NOTES = 4096;
/** O_NOFOLLOW: the target of a link is no index. O_NONBLOCK: the opening of a FIFO waits for no reader. */
const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;

/**
 * Notes in its time index that the log at `logPath` has grown; call it once a second. Costs one lstat(2) while the log does
 * not grow. Begins an unusable index again. Never throws an error of the system: without a note, the order of lines is less exact.
 *
 * @param notedBytes What the call before returned; -1 at first.
 * @returns the size of the log, in bytes
 */
export function noteGrowth(logPath: string, nowMs: number, notedBytes = -1): number {
  return orNull(() => {
    const info = lstatSync(logPath, { throwIfNoEntry: false });
    const size = info?.isFile() ? info.size : 0;
    if (size !== notedBytes && size > 0) append(timesPath(logPath), { offset: size, atMs: nowMs });
    return size;
  }) ?? notedBytes;
}

function append(path: string, note: Note): void {
  const line = renderNote(note);
  if (!NOTE.test(line)) return; // a clock before 2001, or a log of a terabyte
  withFile(path, (fd) => {
    const info = fstatSync(fd);
    if (!info.isFile()) return;
    const { size } = info;
    const whole = size - size % NOTE_BYTES; // a full disk cuts a note off
    const last = whole === 0 ? null : parseNote(readTextAt(fd, whole - NOTE_BYTES, NOTE_BYTES));
    if (last?.offset === note.offset) return; // noted by the supervisor before this one
    const isSound = last !== null && last.offset < note.offset && whole <= MOST_NOTES * NOTE_BYTES;
    const kept = isSound ? whole : 0;
    if (kept !== size) ftruncateSync(fd, kept);
    if (kept === MOST_NOTES * NOTE_BYTES) thinOut(fd);
    writeSync(fd, line);
  }, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK);
}

/** Removes every second note, never the last one. */
function thinOut(fd: number): void {
  const notes = parseNotes(readTextAt(fd, 0, MOST_NOTES * NOTE_BYTES)) ?? [];
  ftruncateSync(fd, 0);
  writeSync(fd, notes.filter((_, index) => index % 2 === 1).map(renderNote).join(""));
}

/** The notes about the log at `logPath`, oldest first; none if its index is missing, unreadable or not sound. */
export function readNotes(logPath: string): Note[] {
  const reading = orNull(() => readBounded(timesPath(logPath), (MOST_NOTES + 1) * NOTE_BYTES));
  if (reading === null || !("text" in reading)) return [];
  const { text } = reading;
  return parseNotes(text.slice(0, text.length - text.length % NOTE_BYTES)) ?? [];
}

/** The notes in the text of an index; null if it is not sound. */
export function parseNotes(text: string): Note[] | null {
  const notes: Note[] = [];
  for (let at = 0; at < text.length; at += NOTE_BYTES) {
    const note = parseNote(text.slice(at, at + NOTE_BYTES));
    if (note === null || note.offset <= (notes.at(-1)?.offset ?? 0)) return null;
    notes.push(note);
  }
  return notes;
}

/** The index of the note that tells when the byte at `offset` was written; `notes.length` if it was not noted yet. */
export function noteOf(offset: number, notes: readonly Note[]): number {
  let [low, high] = [0, notes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (notes[middle]!.offset > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}

function renderNote({ offset, atMs }: Note): string {
  return `${String(offset).padStart(12, "0")} ${String(atMs).padStart(13, "0")}\n`;
}

function parseNote(text: string): Note | null {
  const match = NOTE.exec(text);
  return match === null ? null : { offset: Number(match[1]), atMs: Number(match[2]) };
}
