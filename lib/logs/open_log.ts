import { closeSync, constants, fstatSync, lstatSync, openSync } from "node:fs";
import { LocalError, systemErrorCode } from "../errors/local_error.ts";
import { limitHint, writeFault } from "../errors/system_error.ts";

/**
 * Opens the log at `path` for append; creates it with mode 0600 if it does not exist. Never follows a symbolic link, whose
 * target is not a log, and never opens a FIFO, where open(2) blocks until there is a reader.
 *
 * @throws {LocalError} `home-unusable` if `path` is not a regular file or cannot be opened
 */
export function openLog(path: string): number {
  requireLogFile(path);
  let fd: number;
  try {
    fd = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    const hint = limitHint(code) ?? "Check the owner and permissions of the file, and of --home";
    throw unusable(path, writeFault(code), hint, error);
  }
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw unusable(path, "it is not a regular file", "Move it away");
}

/**
 * Whether the log at `path` exists.
 *
 * @throws {LocalError} `home-unusable` if `path` is not a regular file
 */
export function requireLogFile(path: string): boolean {
  let info;
  try {
    info = lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (systemErrorCode(error) === "ENOTDIR") return false; // a parent is not a directory
    throw error;
  }
  if (info === undefined) return false;
  if (info.isFile()) return true;
  const kind = info.isSymbolicLink() ? "a symbolic link" : info.isDirectory() ? "a directory" : "not a regular file";
  throw unusable(path, `it is ${kind}`, "Move it away");
}

function unusable(path: string, reason: string, hint: string, cause?: unknown): LocalError {
  const code = systemErrorCode(cause);
  return new LocalError("home-unusable", `Cannot use ${path} as a log: ${reason}`, {
    hint,
    facts: { path, ...(code === undefined ? {} : { systemError: code }) },
    cause,
  });
}
