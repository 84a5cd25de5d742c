import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { type GoProgress, NO_GO_PROGRESS } from "../core/go_output.ts";
import { LocalError, systemErrorCode } from "../core/local_error.ts";
import { isVersion } from "../core/versions.ts";
import { tryLock } from "../system/lock_file.ts";
import { managedBinaryPath, type TemporalBinary } from "./find_temporal.ts";
import { buildInterrupted, installFailed, runGoInstall } from "./run_go_install.ts";
import { readTemporalVersion } from "./temporal_version.ts";

/** How far a build is. `waiting` for another install to end, `checking` that the new binary runs. */
export type BuildProgress = (GoProgress | { phase: "waiting" | "checking" }) & { seconds: number };

/** What {@linkcode buildTemporal} builds, and how. */
export interface BuildOptions {
  version: string;
  /** The instance's home, which exists. */
  home: string;
  /** The caller's environment: where Go is, its proxy, its caches. */
  env: Readonly<Record<string, string | undefined>>;
  /** Called whenever something is known, and each second. */
  onProgress?: (progress: BuildProgress) => void;
  /** Ends the build, and leaves nothing behind. */
  signal?: AbortSignal;
}

/** What a cold build of the default version shows at its end, for who wants to show a share. */
export const BUILD_TOTALS = { modules: 160, packages: 1_300 } as const;

const SCRATCH_PREFIX = ".build-";
const WAIT_INTERVAL_MS = 200;

/**
 * Builds Temporal's command-line tool with `go install` and puts it into the home's `bin` as the managed binary of its
 * version. Several calls at once, also of several processes, build one: the others wait, then find it.
 *
 * All that is in the making, Go's own temporary files included, is in one folder that the next build removes when this
 * one is killed.
 *
 * @throws {LocalError} `install-failed` with what Go said, `interrupted` when `signal` ended it
 */
export async function buildTemporal(options: BuildOptions): Promise<TemporalBinary> {
  const { version, home, signal } = options;
  if (!isVersion(version)) throw new LocalError("usage", `Cannot install Temporal '${version}': not a version`);
  const bin = join(home, "bin");
  const target = managedBinaryPath(home, version);
  const began = performance.now();
  let latest: GoProgress | { phase: "waiting" | "checking" } = NO_GO_PROGRESS;
  const tell = (progress = latest) => {
    latest = progress;
    options.onProgress?.({ ...progress, seconds: Math.floor((performance.now() - began) / 1_000) });
  };
  const ticker = setInterval(tell, 1_000);
  try {
    mkdirSync(bin, { recursive: true, mode: 0o700 });
    const lock = await waitForLock(join(bin, "install.lock"), tell, signal);
    try {
      if (existsSync(target)) return { path: target, source: "managed", version };
      removeScratch(bin);
      const scratch = mkdtempSync(join(bin, SCRATCH_PREFIX));
      try {
        await runGoInstall(version, scratch, options.env, tell, signal);
        tell({ phase: "checking" });
        const built = join(scratch, "temporal");
        await checkVersion(built, version, signal);
        putInPlace(built, target, bin);
      } finally {
        rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
      }
      return { path: target, source: "built", version };
    } finally {
      lock.close();
    }
  } catch (error) {
    const code = systemErrorCode(error);
    if (error instanceof LocalError || code === undefined) throw error;
    throw installFailed(version, {
      message: `${bin} can't be written (${code})`,
      hint: `check the permissions and the space of ${bin}`,
    }, error);
  } finally {
    clearInterval(ticker);
  }
}

async function waitForLock(path: string, tell: (progress: { phase: "waiting" }) => void, signal?: AbortSignal) {
  for (;;) {
    if (signal?.aborted) throw buildInterrupted();
    const lock = await tryLock(path);
    if (lock !== null) return lock;
    tell({ phase: "waiting" });
    await new Promise<void>((resume) => setTimeout(resume, WAIT_INTERVAL_MS));
  }
}

/** To be called with the lock held: whose folder is here then was killed. */
function removeScratch(bin: string): void {
  for (const name of readdirSync(bin)) {
    if (name.startsWith(SCRATCH_PREFIX)) rmSync(join(bin, name), { recursive: true, force: true, maxRetries: 5 });
  }
}

async function checkVersion(built: string, version: string, signal?: AbortSignal): Promise<void> {
  const { cli } = await readTemporalVersion(built, signal);
  if (cli !== version) {
    throw installFailed(version, {
      message: `what was built says that it is ${cli ?? "of no version"}`,
      hint: "report this, it is a bug",
    });
  }
}

function putInPlace(built: string, target: string, bin: string): void {
  for (const [path, move] of [[built, true], [bin, false]] as const) {
    const fd = openSync(path, "r");
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    if (move) renameSync(built, target);
  }
}
