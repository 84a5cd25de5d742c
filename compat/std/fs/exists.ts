import { type Stats, statSync } from "node:fs";
import { stat } from "node:fs/promises";
import process from "node:process";

/** What {@linkcode exists} requires beside existence. */
export interface ExistsOptions {
  /** This process can read it. @default {false} */
  isReadable?: boolean;
  /** It is a folder, or a link to one. @default {false} */
  isDirectory?: boolean;
  /** It is a file, or a link to one. @default {false} */
  isFile?: boolean;
}

/**
 * Whether `path` exists; a link counts when its target exists.
 *
 * @throws {TypeError} when both `isDirectory` and `isFile` are set and `path` exists
 */
export async function exists(path: string | URL, options: ExistsOptions = {}): Promise<boolean> {
  try {
    return matches(await stat(path), options);
  } catch (error) {
    return fromError(error, options);
  }
}

/** The same as {@linkcode exists}, synchronously. */
export function existsSync(path: string | URL, options: ExistsOptions = {}): boolean {
  try {
    return matches(statSync(path), options);
  } catch (error) {
    return fromError(error, options);
  }
}

function matches(info: Stats, options: ExistsOptions): boolean {
  if (options.isDirectory && options.isFile) {
    throw new TypeError(
      "ExistsOptions.options.isDirectory and ExistsOptions.options.isFile must not be true together",
    );
  }
  if (options.isDirectory && !info.isDirectory()) return false;
  if (options.isFile && !info.isFile()) return false;
  return !options.isReadable || (info.mode & readBit(info)) !== 0;
}

/** The permission bit that applies to this process; like in the real package, root gets no exception. */
function readBit(info: Stats): number {
  if (process.getuid?.() === info.uid) return 0o400;
  if (process.getgid?.() === info.gid) return 0o040;
  return 0o004;
}

function fromError(error: unknown, options: ExistsOptions): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT") return false;
  // Behind a folder that this process may not enter: assumed to exist, and not readable.
  if (code === "EACCES" || code === "EPERM") return !options.isReadable;
  throw error;
}
