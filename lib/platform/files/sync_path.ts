import { closeSync, fsyncSync, openSync } from "node:fs";

/**
 * Writes the file at `path` to the disk; of a folder, the names in it (fsync(2)).
 *
 * @throws the system's error; some file systems do not support it for folders
 */
export function syncPath(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
