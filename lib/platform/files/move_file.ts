import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  unlinkSync,
} from "node:fs";
import { dirname } from "node:path";
import { LocalError, systemErrorCode } from "../../errors/local_error.ts";

/** What link(2) says where the file system has no hard links. */
const NO_LINKS = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"];

/**
 * Moves the file at `from` to `to`, also to another file system, so that `to` is there whole or not at all: under another
 * name beside it first, fsync(2), then its own name. Only its owner may read it.
 *
 * @throws {LocalError} `file-exists` when something stands at `to` and `overwrite` is false, also if it came meanwhile
 * @throws the system's error (`ENOENT`, `ENOSPC`, `EACCES`, `EISDIR` …); then nothing of the new file is left
 */
export function moveFile(from: string, to: string, overwrite: boolean): void {
  const temporary = `${to}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  try {
    move(from, temporary);
    chmodSync(temporary, 0o600);
    sync(temporary);
    if (overwrite) renameSync(temporary, to);
    else giveName(temporary, to);
    sync(dirname(to));
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** The error for what stands in the way. */
export function fileExists(path: string): LocalError {
  return new LocalError("file-exists", `${path} exists`, {
    hint: "Choose another name, or overwrite it with --force",
    facts: { path },
  });
}

function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (systemErrorCode(error) !== "EXDEV") throw error;
    copyFileSync(from, to);
    unlinkSync(from);
  }
}

/** rename(2) replaces what stands there; link(2) does not. */
function giveName(temporary: string, to: string): void {
  try {
    linkSync(temporary, to);
  } catch (error) {
    const code = systemErrorCode(error) ?? "";
    if (code === "EEXIST" || (NO_LINKS.includes(code) && existsSync(to))) throw fileExists(to);
    if (!NO_LINKS.includes(code)) throw error;
    renameSync(temporary, to);
  }
}

function sync(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
