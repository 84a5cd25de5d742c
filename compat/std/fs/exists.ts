import { type Stats, statSync } from "node:fs";
import { stat } from "node:fs/promises";
import process from "node:process";

/** What else must hold for {@linkcode exists} to say yes. */
export interface ExistsOptions {
  /** It can be read by us. @default {false} */
  isReadable?: boolean;
  /** It is a folder, or a link to one. @default {false} */
  isDirectory?: boolean;
  /** It is a file, or a link to one. @default {false} */
  isFile?: boolean;
}

/**
 * Whether there is something at `path`; a link counts when its target is there.
 *
 * @throws {TypeError} when both `isDirectory` and `isFile` are asked for of something that is there
 */
export async function exists(path: string | URL, options: ExistsOptions = {}): Promise<boolean> {
  try {
    return matches(await stat(path), options);
  } catch (error) {
    return fromError(error, options);
  }
}

/** The same as {@linkcode exists}, at once. */
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

/** The one permission bit that decides for us; like the real package, root gets no exception. */
function readBit(info: Stats): number {
  if (process.getuid?.() === info.uid) return 0o400;
  if (process.getgid?.() === info.gid) return 0o040;
  return 0o004;
}

function fromError(error: unknown, options: ExistsOptions): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT") return false;
  // Behind a folder that we may not enter: taken to be there, and not readable.
  if (code === "EACCES" || code === "EPERM") return !options.isReadable;
  throw error;
}
