import { chmodSync, copyFileSync, existsSync, linkSync, renameSync, rmSync, unlinkSync } from "node:fs";
import { dirname } from "node:path";
import { LocalError, systemErrorCode } from "../../errors/local_error.ts";
import { syncPath } from "./sync_path.ts";

/** Errors of link(2) on a file system without hard links. */
const NO_LINKS = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"];

/**
 * Moves the file at `from` to `to`, even across file systems, so that `to` is complete or does not exist: writes a
 * temporary file beside it, fsync(2), then renames it. Mode 0600.
 *
 * @throws {LocalError} `file-exists` if `to` exists and `overwrite` is false, even if it was created meanwhile
 * @throws the system's error (`ENOENT`, `ENOSPC`, `EACCES`, `EISDIR` …); the temporary file is removed
 */
export function moveFile(from: string, to: string, overwrite: boolean): void {
  const temporary = `${to}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  try {
    move(from, temporary);
    chmodSync(temporary, 0o600);
    syncPath(temporary);
    if (overwrite) renameSync(temporary, to);
    else giveName(temporary, to);
    syncPath(dirname(to));
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** The error for an existing target. */
export function fileExists(path: string): LocalError {
  return new LocalError("file-exists", `${path} already exists`, {
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

/** Uses link(2), because rename(2) would replace an existing file. */
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
