import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { systemErrorCode } from "../../errors/local_error.ts";
import { isUnnamedErrno, orNull } from "../../errors/system_error.ts";
import { removeQuietly } from "./remove_if_present.ts";
import { syncFile } from "./sync_path.ts";

/**
 * Writes `text` to `path` atomically: a reader, or the machine after a power cut, finds the old text or the new one,
 * never a part. Uses a temporary file in the same folder, fsync(2) and rename(2), which replaces the path even if it is
 * a symbolic link. Costs 1–4 ms, nearly all of it for fsync.
 *
 * Does not sync the folder: after a power cut the old text may be back, but complete, because the rename is ordered
 * after the data. One more disk flush is not worth it for files that describe processes, which the power cut ended too.
 *
 * @param mode Permissions of the file, whatever the umask. @default {0o600}
 * @param isDurable False = without fsync, in a tenth of the time: a power cut may leave an empty file. @default {true}
 * @throws the system's error (`ENOSPC`, `EROFS`, `ENOENT` …); the temporary file is removed
 */
export function writeAtomically(path: string, text: string, mode = 0o600, isDurable = true): void {
  const { fd, temporary } = createBeside(path);
  try {
    try {
      fchmodSync(fd, mode);
      writeFileSync(fd, text);
      if (isDurable) syncFile(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    removeQuietly(temporary); // the first error explains a second one (the folder was deleted, or became read-only)
    throw error;
  }
}

/**
 * The temporary files of `path` that are there: each of a {@linkcode writeAtomically} that was killed, or is under way.
 * None where the folder cannot be read.
 */
export function temporariesOf(path: string): string[] {
  const at = path.lastIndexOf("/"); // not by node:path, which costs each command on Deno 10 ms
  const [folder, prefix] = [path.slice(0, at), `${path.slice(at + 1)}.`];
  const isOfPath = (name: string) => name.startsWith(prefix) && /^[0-9a-f]{8}\.tmp$/.test(name.slice(prefix.length));
  return (orNull(() => readdirSync(folder)) ?? []).filter(isOfPath).map((name) => `${folder}/${name}`);
}

/** Why a file was not read. */
export type Refusal = "missing" | "symlink" | "not-a-file" | "too-big" | "binary" | "unreadable";

/**
 * Reads the text of a regular file. Safe for anything at `path`: does not follow a symbolic link, block on a FIFO, or
 * read more than `maxBytes`. `binary`: not UTF-8, or contains NUL; `unreadable`: permission denied.
 *
 * @throws the system's error if the disk fails (`EIO`)
 */
export function readBounded(path: string, maxBytes: number): { text: string } | { refused: Refusal } {
  let fd: number;
  try {
    // Without O_NONBLOCK, open(2) of a FIFO for reading waits for a writer.
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

/** EOPNOTSUPP of macOS, with which open(2) refuses a socket. */
const MACOS_EOPNOTSUPP = 102;

/** Why open(2) refused a file. @throws `error` if that is no reason */
export function refusalOf(error: unknown): Refusal {
  if (isUnnamedErrno(error, MACOS_EOPNOTSUPP)) return "not-a-file";
  switch (systemErrorCode(error)) {
    case "ENOENT":
    case "ENOTDIR":
      return "missing";
    case "ELOOP":
    case "EMLINK": // FreeBSD and older macOS, for O_NOFOLLOW on a symbolic link
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
