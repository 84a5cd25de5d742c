import { accessSync, constants, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { LocalError, systemErrorCode } from "../errors/local_error.ts";
import { writeFault } from "../errors/system_error.ts";
import { STORE_VARIABLE } from "../instance/paths.ts";
import { syncPath } from "../platform/files/sync_path.ts";
import { tryLock } from "../platform/locks/lock_file.ts";
import { poll } from "../platform/runtime/poll.ts";

/** Options of {@linkcode withInstallLock}. */
export interface InstallLockOptions {
  /** For messages. */
  version: string;
  /** The folder of the binaries, which is created if missing. */
  folder: string;
  /** Called repeatedly while another install holds the lock. */
  onWaiting: () => void;
  signal?: AbortSignal | undefined;
}

/** Name prefix of the temporary folder of an install. */
const SCRATCH_PREFIX = ".install-";
const WAIT_INTERVAL_MS = 200;

/**
 * Runs `install` with a temporary folder in `folder`. Of concurrent calls, even by several processes, one at a time runs
 * it; the others wait for it. Removes the temporary folders of killed installs.
 *
 * @param install Receives the temporary folder.
 * @throws {LocalError} the errors of `install`; `install-failed` if the folder is not writable
 * @throws the reason of `signal`
 */
export async function withInstallLock<T>(
  options: InstallLockOptions,
  install: (scratch: string) => Promise<T>,
): Promise<T> {
  const { version, folder, signal } = options;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK); // else the lock fails, with a hint about the home
    const lock = await takeInstallLock(folder, options);
    try {
      removeScratch(folder);
      const scratch = mkdtempSync(join(folder, SCRATCH_PREFIX));
      try {
        return await install(scratch);
      } finally {
        rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
      }
    } finally {
      lock.close();
    }
  } catch (error) {
    signal?.throwIfAborted();
    const code = systemErrorCode(error);
    if (error instanceof LocalError || code === undefined) throw error;
    throw unwritable(version, folder, code, error);
  }
}

/**
 * Takes the lock that all installs and removals in `folder` share.
 *
 * @throws {LocalError} `lock-failed`
 * @throws the reason of `signal`
 */
export async function takeInstallLock(
  folder: string,
  { onWaiting, signal }: Pick<InstallLockOptions, "onWaiting" | "signal">,
) {
  const take = async () => {
    signal?.throwIfAborted();
    const lock = await tryLock(join(folder, "install.lock"));
    if (lock === null) onWaiting();
    return lock;
  };
  return (await poll(take, { everyMs: WAIT_INTERVAL_MS, timeoutMs: Infinity, signal }))!;
}

/** Call with the lock held: any such folder is then of a killed install. */
function removeScratch(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (name.startsWith(SCRATCH_PREFIX)) rmSync(join(folder, name), { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * Moves what an install has made to `target`, and returns that.
 *
 * @throws the system's error; the reason of `signal`
 */
export function putInPlace(made: string, target: string, signal?: AbortSignal): string {
  signal?.throwIfAborted();
  syncPath(made);
  renameSync(made, target);
  syncPath(dirname(target));
  return target;
}

function unwritable(version: string, folder: string, code: string, cause: unknown): LocalError {
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  const reason = writeFault(code);
  const why = reason === code ? code : `${code}: ${reason}`;
  return new LocalError("install-failed", `Cannot install Temporal ${version}: cannot write to ${folder} (${why})`, {
    hint: isFull
      ? `Free some 400 MB for ${folder}, or choose another folder with ${STORE_VARIABLE}`
      : `Check the permissions of ${folder}, or choose another folder with ${STORE_VARIABLE}`,
    facts: { version, path: folder, systemError: code },
    cause,
  });
}
