import { chmodSync, lstatSync } from "node:fs";
import { ensureDir } from "@std/fs/ensure-dir";
import { LocalError, systemErrorCode } from "../../errors/local_error.ts";

/**
 * Creates the folder at `path` in a home (mode 0700, whatever the umask) if missing. A symbolic link to a folder is
 * accepted.
 *
 * @throws {LocalError} `home-unusable` if the path is not a folder, or it can't be created
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    const isThere = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
    await ensureDir(path);
    if (!isThere) chmodSync(path, 0o700);
  } catch (error) {
    const isTaken = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
    const why = isTaken ? "it exists and is not a directory" : systemErrorCode(error) ?? String(error);
    throw new LocalError("home-unusable", `Cannot create directory ${path}: ${why}`, {
      hint: isTaken ? "Move it away" : "Check the owner and permissions of --home",
      facts: { path },
      cause: error,
    });
  }
}
