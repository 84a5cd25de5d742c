import { closeSync, openSync, unlinkSync } from "node:fs";
import { join } from "node:path";

/**
 * Makes a file in `folder` that has no name: it is gone as soon as nobody has it open. Only a kill between the two calls
 * leaves one, which is empty: neither runtime has the O_TMPFILE of open(2).
 *
 * @throws the system's error when nothing can be made there
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
