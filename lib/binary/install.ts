import { isVersion } from "../config/temporal_versions.ts";
import { LocalError } from "../errors/local_error.ts";
import { managedBinaryPath } from "../instance/paths.ts";
import { downloadRelease, isBlocked, type ReleaseOptions, type Trust } from "./download/release.ts";
import type { TemporalBinary } from "./find.ts";
import { buildTemporal, type GoBuildOptions } from "./go_build/build.ts";
import { withInstallLock } from "./install_lock.ts";
import type { InstallNews, InstallPhase } from "./render_install.ts";

/** What {@linkcode installTemporal} installs, and how. */
export interface InstallOptions {
  version: string;
  /** The instance's home, which exists. */
  home: string;
  /** The caller's environment: the mirror, the proxy, where Go is. */
  env: Readonly<Record<string, string | undefined>>;
  /** Called whenever something is known, and each second. */
  onProgress?: (progress: InstallNews) => void;
  /** Ends the install, and leaves nothing behind. */
  signal?: AbortSignal | undefined;
  /** For tests: other sums, patience and limits of the download. */
  tuning?: Pick<ReleaseOptions, "sums" | "patience" | "limits">;
}

/** A managed binary, and how it came to be: `trust` is null for one that was there, and for one that Go built. */
export interface InstalledTemporal extends TemporalBinary {
  trust: Trust | null;
  /** Where it was downloaded from. */
  url: string | null;
}

/**
 * Puts Temporal's command-line tool into the home's `bin` as the managed binary of its version: the official release
 * archive, or where that is not to be had a build with `go install`. Several calls at once, also of several processes,
 * install one: the others wait, then find it.
 *
 * @throws {LocalError} `install-failed`, with what was tried as `facts.tried`; `interrupted` when `signal` ended it
 */
export async function installTemporal(options: InstallOptions): Promise<InstalledTemporal> {
  const { version, home, env, signal } = options;
  if (!isVersion(version)) throw new LocalError("usage", `Cannot install Temporal '${version}': not a version`);
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

/** Builds what could not be downloaded; when that fails too, both are told. */
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
