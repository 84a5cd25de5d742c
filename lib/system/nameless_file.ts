import { closeSync, fstatSync, openSync, readSync, unlinkSync } from "node:fs";
import { join } from "node:path";

/**
 * Makes a file in `folder` that has no name: it is gone as soon as nobody has it open, whoever is killed before.
 *
 * @throws the system's error when nothing can be made there
 */
export function openNameless(folder: string): number {
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

/** The end of an open file as text, at most `maxBytes`. */
export function readNameless(fd: number, maxBytes: number): string {
  const { size } = fstatSync(fd);
  const bytes = new Uint8Array(Math.min(size, maxBytes));
  if (bytes.length === 0) return "";
  return new TextDecoder().decode(bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, size - bytes.length)));
}
