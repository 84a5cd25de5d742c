import { chmodSync, lstatSync } from "node:fs";
import { ensureDir } from "@std/fs/ensure-dir";
import { LocalError, systemErrorCode } from "../../errors/local_error.ts";

/**
 * Makes the folder at `path` in a home (mode 0700, whatever the umask), unless it is there; a link to a folder is one.
 *
 * @throws {LocalError} `home-unusable` when something else stands there, or it can't be made
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    const isThere = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
    await ensureDir(path);
    if (!isThere) chmodSync(path, 0o700);
  } catch (error) {
    const isTaken = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
    const why = isTaken ? "something else stands there" : systemErrorCode(error) ?? String(error);
    throw new LocalError("home-unusable", `Cannot make the folder ${path}: ${why}`, {
      hint: isTaken ? "Move it away" : "Check the owner and permissions of --home",
      facts: { path },
      cause: error,
    });
  }
}
