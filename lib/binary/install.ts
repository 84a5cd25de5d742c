import { isVersion } from "../config/temporal_versions.ts";
import { LocalError } from "../errors/local_error.ts";
import { managedBinaryPath } from "../instance/paths.ts";
import { downloadRelease, isBlocked, type ReleaseOptions, type Trust } from "./download/release.ts";
import type { TemporalBinary } from "./find.ts";
import { buildTemporal, type GoBuildOptions } from "./go_build/build.ts";
import { withInstallLock } from "./install_lock.ts";
import type { InstallNews, InstallPhase } from "./render_install.ts";

/** Options of {@linkcode installTemporal}. */
export interface InstallOptions {
  version: string;
  /** The instance's home, which must exist. */
  home: string;
  /** The caller's environment: mirror, proxy, Go's location. */
  env: Readonly<Record<string, string | undefined>>;
  /** Called on each change, and every second. */
  onProgress?: (progress: InstallNews) => void;
  /** Aborts the install and removes its temporary files. */
  signal?: AbortSignal | undefined;
  /** For tests: other sums, timing and limits of the download. */
  tuning?: Pick<ReleaseOptions, "sums" | "timing" | "limits" | "firstRun">;
}

/** A managed binary and its origin; `trust` is null for an existing binary and for one built with Go. */
export interface InstalledTemporal extends TemporalBinary {
  trust: Trust | null;
  /** The URL it was downloaded from. */
  url: string | null;
}

/**
 * Installs Temporal's CLI in the home's `bin` as the managed binary of its version, from the official release archive,
 * or built with `go install` if that is not available. Of concurrent calls, even by several processes, one installs;
 * the others wait for it.
 *
 * @throws {LocalError} `install-failed`, with the attempts in `facts.tried`; `interrupted` if `signal` aborted it
 */
export async function installTemporal(options: InstallOptions): Promise<InstalledTemporal> {
  const { version, home, env, signal } = options;
  if (!isVersion(version)) throw new LocalError("usage", `Cannot install Temporal '${version}': invalid version`);
  const began = performance.now();
  let latest: InstallPhase | null = null;
  const tell = (phase: InstallPhase) => {
    latest = phase;
    options.onProgress?.({ ...phase, seconds: Math.floor((performance.now() - began) / 1_000) });
  };
  const ticker = setInterval(() => {
    if (latest !== null) tell(latest);
  }, 1_000);
  let how: Pick<InstalledTemporal, "source" | "trust" | "url"> = { source: "managed", trust: null, url: null };
  try {
    await withInstallLock({ version, home, signal, onWaiting: () => tell({ phase: "waiting" }) }, async (scratch) => {
      try {
        const release = await downloadRelease(scratch, { ...options.tuning, version, env, signal, onProgress: tell });
        how = { source: "downloaded", trust: release.trust, url: release.url };
        return release.path;
      } catch (error) {
        if (!isBlocked(error)) throw error;
        tell({ phase: "blocked", why: String(error.facts["why"] ?? error.message) });
        const built = await build(scratch, error, { version, env, signal, onProgress: tell });
        how = { source: "built", trust: null, url: null };
        return built;
      }
    });
    return { path: managedBinaryPath(home, version), version, ...how };
  } finally {
    clearInterval(ticker);
  }
}

/** Builds a version that could not be downloaded. If that fails too, the error reports both. */
async function build(scratch: string, blocked: LocalError, options: GoBuildOptions): Promise<string> {
  try {
    return await buildTemporal(scratch, options);
  } catch (error) {
    if (!(error instanceof LocalError) || error.code !== "install-failed") throw error;
    const tried = [`download: ${blocked.message}`, `go install: ${error.message}`];
    throw new LocalError(
      "install-failed",
      `Cannot install Temporal ${options.version}. Tried:\n${tried.map((line) => `  - ${line}`).join("\n")}`,
      { ...(error.hint === undefined ? {} : { hint: error.hint }), facts: { ...error.facts, tried }, cause: error },
    );
  }
}
