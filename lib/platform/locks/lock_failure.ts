import { lstatSync } from "node:fs";
import { LocalError, type LocalErrorOptions, systemErrorCode } from "../../errors/local_error.ts";
import { limitHint, orNull, writeFault } from "../../errors/system_error.ts";

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

/** The error for a file that cannot be locked. The code of its cause is the fact `systemError`. */
export function lockFailed(path: string, reason: string, { facts, ...options }: LocalErrorOptions = {}): LocalError {
  const code = systemErrorCode(options.cause);
  return new LocalError("lock-failed", `Cannot lock ${path}: ${reason}`, {
    ...options,
    facts: { path, ...(code === undefined ? {} : { systemError: code }), ...facts },
  });
}

/**
 * The {@linkcode lockFailed} for `error`, with which open(2) refused a lock file at `path`; `error` itself if it is none of
 * the system's.
 *
 * macOS fails with EOPNOTSUPP (102) for a socket, which neither runtime knows by name, and cannot lock a FIFO: so the file
 * itself is asked.
 */
export function openRefused(error: unknown, path: string): unknown {
  const code = isSocketOrPipe(path) ? "ENXIO" : systemErrorCode(error);
  if (code === undefined) return error;
  const hint = HINTS[code] ?? limitHint(code) ?? "Check --home";
  return lockFailed(path, writeFault(code, REASONS), { hint, cause: error });
}

function isSocketOrPipe(path: string): boolean {
  const info = orNull(() => lstatSync(path));
  return info !== null && (info.isSocket() || info.isFIFO());
}
