import { lstatSync } from "node:fs";
import { systemErrorCode } from "../../errors/local_error.ts";
import { orNull, writeFault } from "../../errors/system_error.ts";

const NO_LOCKS = "its file system does not support locks";
const REASONS = { EOPNOTSUPP: NO_LOCKS, ENOTSUP: NO_LOCKS };
const ON_LOCAL_DISK = "Choose a --home on a local disk";
const HINTS: Readonly<Record<string, string>> = {
  ELOOP: "Remove the link",
  EISDIR: "Remove the directory",
  ENXIO: "Remove it",
  EACCES: "Check the owner and permissions of the file and of --home",
  EROFS: "Choose another --home",
  ENOSPC: "Free some space, or choose another --home",
  EOPNOTSUPP: ON_LOCAL_DISK,
  ENOTSUP: ON_LOCAL_DISK,
};

/**
 * Why a lock file at `path` could not be opened, and what to do; null if `error` is none of the system's.
 *
 * macOS fails with EOPNOTSUPP (102) for a socket, which neither runtime knows by name, and cannot lock a FIFO: so the file
 * itself is asked.
 */
export function lockRefusal(error: unknown, path: string): readonly [reason: string, hint: string] | null {
  const code = isSocketOrPipe(path) ? "ENXIO" : systemErrorCode(error);
  return code === undefined ? null : [writeFault(code, REASONS), HINTS[code] ?? "Check --home"];
}

function isSocketOrPipe(path: string): boolean {
  const info = orNull(() => lstatSync(path));
  return info !== null && (info.isSocket() || info.isFIFO());
}
