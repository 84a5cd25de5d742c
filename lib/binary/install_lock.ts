import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { LocalError, systemErrorCode } from "../errors/local_error.ts";
import { writeFault } from "../errors/system_error.ts";
import { managedBinaryPath } from "../instance/paths.ts";
import { syncPath } from "../platform/files/sync_path.ts";
import { tryLock } from "../platform/locks/lock_file.ts";
import { delay } from "../platform/runtime/delay.ts";
import { binaryFault } from "./find.ts";
import { installInterrupted } from "./go_build/run_go_install.ts";

/** Options of {@linkcode withInstallLock}. */
export interface InstallLockOptions {
  version: string;
  /** The instance's home, which must exist. */
  home: string;
  /** Called repeatedly while another install holds the lock. */
  onWaiting: () => void;
  signal?: AbortSignal | undefined;
}

/** Name prefix of the temporary folder of an install. */
const SCRATCH_PREFIX = ".install-";
const WAIT_INTERVAL_MS = 200;

/**
 * Lets `make` create the binary in a temporary folder, and moves it into place as the managed binary of its version. Of
 * concurrent calls, even by several processes, one creates it; the others wait for it. Removes the temporary folders of
 * killed installs.
 *
 * @param make Receives the folder and returns the path of the binary in it.
 * @returns whether `make` was needed
 * @throws {LocalError} the errors of `make`; `install-failed` if `bin` is not writable; `interrupted`
 */
export async function withInstallLock(
  options: InstallLockOptions,
  make: (scratch: string) => Promise<string>,
): Promise<{ isNew: boolean }> {
  const { version, home, signal } = options;
  const bin = join(home, "bin");
  const target = managedBinaryPath(home, version);
  try {
    mkdirSync(bin, { recursive: true, mode: 0o700 });
    const lock = await takeInstallLock(home, options);
    try {
      if (binaryFault(target) === null) return { isNew: false };
      removeScratch(bin);
      const scratch = mkdtempSync(join(bin, SCRATCH_PREFIX));
      try {
        const made = await make(scratch);
        signal?.throwIfAborted();
        putInPlace(made, target, bin);
      } finally {
        rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
      }
      return { isNew: true };
    } finally {
      lock.close();
    }
  } catch (error) {
    if (signal?.aborted) throw installInterrupted();
    const code = systemErrorCode(error);
    if (error instanceof LocalError || code === undefined) throw error;
    throw unwritable(version, bin, code, error);
  }
}

/**
 * Takes the lock that all installs and removals in `home` share.
 *
 * @throws {LocalError} `interrupted`, `lock-failed`
 */
export async function takeInstallLock(
  home: string,
  { onWaiting, signal }: Omit<InstallLockOptions, "version" | "home">,
) {
  for (;;) {
    if (signal?.aborted) throw installInterrupted();
    const lock = await tryLock(join(home, "bin", "install.lock"));
    if (lock !== null) return lock;
    onWaiting();
    await delay(WAIT_INTERVAL_MS);
  }
}

/** Call with the lock held: any such folder is then of a killed install. */
function removeScratch(bin: string): void {
  for (const name of readdirSync(bin)) {
    if (name.startsWith(SCRATCH_PREFIX)) rmSync(join(bin, name), { recursive: true, force: true, maxRetries: 5 });
  }
}

function putInPlace(made: string, target: string, bin: string): void {
  syncPath(made);
  renameSync(made, target);
  syncPath(bin);
}

function unwritable(version: string, bin: string, code: string, cause: unknown): LocalError {
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  const reason = writeFault(code);
  const why = reason === code ? code : `${code}: ${reason}`;
  return new LocalError("install-failed", `Cannot install Temporal ${version}: cannot write to ${bin} (${why})`, {
    hint: isFull ? `Free some 400 MB for ${bin}, or choose another --home` : `Check the permissions of ${bin}`,
    facts: { version, path: bin, systemError: code },
    cause,
  });
}
