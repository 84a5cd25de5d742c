import { accessSync, constants, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { LocalError, systemErrorCode } from "../errors/local_error.ts";
import { writeFault } from "../errors/system_error.ts";
import { STORE_VARIABLE } from "../instance/paths.ts";
import { syncPath } from "../platform/files/sync_path.ts";
import { tryLock } from "../platform/locks/lock_file.ts";
import { delay } from "../platform/runtime/delay.ts";
import { installInterrupted } from "./go_build/run_go_install.ts";

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
 * Lets `make` create a binary in a temporary folder, and moves it into place. Of concurrent calls, even by several
 * processes, one at a time runs `make`; the others wait for it. Removes the temporary folders of killed installs.
 *
 * @param make Receives the temporary folder; resolves with what to move where, or null.
 * @throws {LocalError} the errors of `make`; `install-failed` if the folder is not writable; `interrupted`
 */
export async function withInstallLock(
  options: InstallLockOptions,
  make: (scratch: string) => Promise<{ from: string; to: string } | null>,
): Promise<void> {
  const { version, folder, signal } = options;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK); // else the lock fails, with a hint about the home
    const lock = await takeInstallLock(folder, options);
    try {
      removeScratch(folder);
      const scratch = mkdtempSync(join(folder, SCRATCH_PREFIX));
      try {
        const made = await make(scratch);
        signal?.throwIfAborted();
        if (made !== null) putInPlace(made.from, made.to, folder);
      } finally {
        rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
      }
    } finally {
      lock.close();
    }
  } catch (error) {
    if (signal?.aborted) throw installInterrupted();
    const code = systemErrorCode(error);
    if (error instanceof LocalError || code === undefined) throw error;
    throw unwritable(version, folder, code, error);
  }
}

/**
 * Takes the lock that all installs and removals in `folder` share.
 *
 * @throws {LocalError} `interrupted`, `lock-failed`
 */
export async function takeInstallLock(
  folder: string,
  { onWaiting, signal }: Omit<InstallLockOptions, "version" | "folder">,
) {
  for (;;) {
    if (signal?.aborted) throw installInterrupted();
    const lock = await tryLock(join(folder, "install.lock"));
    if (lock !== null) return lock;
    onWaiting();
    await delay(WAIT_INTERVAL_MS);
  }
}

/** Call with the lock held: any such folder is then of a killed install. */
function removeScratch(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (name.startsWith(SCRATCH_PREFIX)) rmSync(join(folder, name), { recursive: true, force: true, maxRetries: 5 });
  }
}

function putInPlace(made: string, target: string, folder: string): void {
  syncPath(made);
  renameSync(made, target);
  syncPath(folder);
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
