import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { systemErrorCode } from "../../errors/local_error.ts";

/**
 * Writes `text` to `path` so that a reader, and a machine that loses power, finds the old text or the new one and never
 * a part: a new file in the same folder, fsync(2), rename(2). What stands at the path, a symbolic link too, is replaced.
 * Costs 1–4 ms, nearly all of it the fsync.
 *
 * The folder itself is not synced: after a power cut the old text may be there again, which is whole, and the rename is
 * ordered behind the data. That would be one more disk flush for files that describe processes which the cut ended.
 *
 * @param mode Permissions of the file, whatever the umask. @default {0o600}
 * @throws the system's error (`ENOSPC`, `EROFS`, `ENOENT` …); then nothing of the new file is left
 */
export function writeAtomically(path: string, text: string, mode = 0o600): void {
  const { fd, temporary } = createBeside(path);
  try {
    try {
      fchmodSync(fd, mode);
      writeAll(fd, new TextEncoder().encode(text));
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    removeIfThere(temporary);
    throw error;
  }
}

/** Whether a file called `name` is a new one for the file called `target`, that {@linkcode writeAtomically} did not finish. */
export function isTemporaryOf(name: string, target: string): boolean {
  return name.startsWith(`${target}.`) && /^[0-9a-f]{8}\.tmp$/.test(name.slice(target.length + 1));
}

/** Why a file was not read. */
export type Refusal = "missing" | "symlink" | "not-a-file" | "too-big" | "binary" | "unreadable";

/**
 * The text of a regular file, whatever stands at `path`: never follows a link, never waits (a FIFO without a writer),
 * never reads more than `maxBytes`. `binary` is what is not UTF-8 or holds a NUL; `unreadable` what we may not open.
 *
 * @throws the system's error when the disk fails (`EIO`)
 */
export function readBounded(path: string, maxBytes: number): { text: string } | { refused: Refusal } {
  let fd: number;
  try {
    // O_NONBLOCK: open(2) of a FIFO for reading waits for a writer otherwise.
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    return { refused: refusalOf(error) };
  }
  try {
    const info = fstatSync(fd);
    if (!info.isFile()) return { refused: "not-a-file" };
    if (info.size > maxBytes) return { refused: "too-big" };
    const bytes = readUpTo(fd, maxBytes + 1); // it may have grown since
    if (bytes.length > maxBytes) return { refused: "too-big" };
    return decode(bytes);
  } finally {
    closeSync(fd);
  }
}

/** What the errors of open(2) say about the thing at the path. */
function refusalOf(error: unknown): Refusal {
  switch (systemErrorCode(error)) {
    case "ENOENT":
    case "ENOTDIR":
      return "missing";
    case "ELOOP":
    case "EMLINK": // FreeBSD's and older macOS' word for O_NOFOLLOW on a link
      return "symlink";
    case "EACCES":
    case "EPERM":
      return "unreadable";
    case "ENXIO": // a socket: open(2)
    case "EOPNOTSUPP": // the same on macOS
    case "ENODEV":
      return "not-a-file";
    default:
      throw error;
  }
}

function decode(bytes: Uint8Array): { text: string } | { refused: Refusal } {
  if (bytes.includes(0)) return { refused: "binary" };
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch (error) {
    if (error instanceof TypeError) return { refused: "binary" };
    throw error;
  }
}

function readUpTo(fd: number, maxBytes: number): Uint8Array {
  const bytes = new Uint8Array(maxBytes);
  let length = 0;
  while (length < maxBytes) {
    const count = readSync(fd, bytes, length, maxBytes - length, null);
    if (count === 0) break;
    length += count;
  }
  return bytes.subarray(0, length);
}

function createBeside(path: string): { fd: number; temporary: string } {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  for (;;) {
    const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}.tmp`;
    try {
      return { fd: openSync(temporary, flags, 0o600), temporary };
    } catch (error) {
      if (systemErrorCode(error) !== "EEXIST") throw error;
    }
  }
}

/** write(2) may take a part only (a nearly full disk), and says why with the next call. */
function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done, bytes.length - done);
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    // The error that brought us here is the one to tell: it explains this one (the folder is gone, or read-only now).
    if (systemErrorCode(error) === undefined) throw error;
  }
}
