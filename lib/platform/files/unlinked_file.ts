import { closeSync, openSync, unlinkSync } from "node:fs";
import { join } from "node:path";

/**
 * Opens a new file in `folder` and unlinks it: the kernel deletes it when the last descriptor is closed. Neither
 * runtime offers O_TMPFILE of open(2), so a kill between the two calls leaves an empty file.
 *
 * @throws the system's error if no file can be created there
 */
export function openUnlinked(folder: string): number {
  const path = join(folder, `.nameless-${crypto.randomUUID()}`);
  const fd = openSync(path, "wx+", 0o600);
  try {
    unlinkSync(path);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
