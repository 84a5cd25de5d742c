import type { Stats } from "node:fs";
import { mkdir, stat } from "node:fs/promises";

/**
 * Creates the folder, with its parents, unless it exists.
 *
 * @throws {Error} when something other than a folder exists there, or the system refuses
 */
export async function ensureDir(dir: string | URL): Promise<void> {
  try {
    return requireDirectory(await stat(dir));
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  }
  try {
    await mkdir(dir, { recursive: true });
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
    requireDirectory(await stat(dir));
  }
}

function hasCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code;
}

function requireDirectory(info: Stats): void {
  if (info.isDirectory()) return;
  const kind = info.isFile() ? "file" : info.isSymbolicLink() ? "symlink" : undefined;
  throw new Error(`Failed to ensure directory exists: expected 'dir', got '${kind}'`);
}
