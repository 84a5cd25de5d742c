import { compareVersions, isVersion, NEWEST_GO_VERSION } from "../config/temporal_versions.ts";
import { LocalError } from "../errors/local_error.ts";
import { managedBinaryPath } from "../instance/paths.ts";
import { downloadRelease, isBlocked, type ReleaseOptions, type Trust } from "./download/release.ts";
import { findManaged, type WantedVersion } from "./find.ts";
import { buildTemporal } from "./go_build/build.ts";
import { putInPlace, withInstallLock } from "./install_lock.ts";
import type { InstallNews, InstallPhase, InstallStepOptions } from "./render_install.ts";
import { forgetStandIn, installFolder, keepStandIn } from "./store.ts";

/** Options of {@linkcode installTemporal}. Its `home` must exist, and `env` also has the mirror, proxy and Go's location. */
export interface InstallOptions extends WantedVersion {
  /** Called on each change, and every second. */
  onProgress?: (progress: InstallNews) => void;
  /** Aborts the install and removes its temporary files. */
  signal?: AbortSignal | undefined;
  /** For tests: other sums and timing of the download. */
  tuning?: Pick<ReleaseOptions, "sums" | "timing" | "firstRun">;
}

/** A managed binary and its origin; `trust` is null for an existing binary and for one built with Go. */
export interface InstalledTemporal {
  path: string;
  source: "managed" | "built" | "downloaded";
  version: string;
  trust: Trust | null;
  /** The URL it was downloaded from. */
  url: string | null;
}

/**
 * Installs Temporal's CLI in the store of this user as the managed binary of its version, from the official release
 * archive, or built with `go install` if that is not available. Of concurrent calls, even by several processes, one
 * installs; the others wait for it.
 *
 * @returns with another `version` if that serves instead
 * @throws {LocalError} `install-failed`, with the attempts in `facts.tried`
 * @throws the reason of `signal`
 */
export async function installTemporal(options: InstallOptions): Promise<InstalledTemporal> {
  const { version, signal } = options;
  if (!isVersion(version)) throw new LocalError("usage", `Cannot install Temporal '${version}': invalid version`);
  const began = performance.now();
  let latest: Parameters<Tell> | null = null;
  const tell: Tell = (phase, version = options.version) => {
    latest = [phase, version];
    options.onProgress?.({ ...phase, version, seconds: Math.floor((performance.now() - began) / 1_000) });
  };
  const ticker = setInterval(() => {
    if (latest !== null) tell(...latest);
  }, 1_000);
  try {
    const installed = existing(version, options);
    if (installed !== null) return installed;
    const folder = installFolder(options);
    const onWaiting = () => tell({ phase: "waiting" });
    return await withInstallLock({ version, folder, signal, onWaiting }, async (scratch) => {
      const meanwhile = existing(version, options); // made by another install
      return meanwhile ?? await obtain(scratch, folder, options, tell);
    });
  } finally {
    clearInterval(ticker);
  }
}

/**
 * Installs the binary of a launch, where none was found.
 *
 * @param searched The places that were searched, for the error.
 * @throws {LocalError} `binary-not-found`, with all attempts in `facts.tried`; `install-failed` if the download is invalid
 * @throws the reason of `signal`
 */
export async function installMissing(
  options: InstallOptions,
  searched: readonly string[],
): Promise<InstalledTemporal> {
  try {
    return await installTemporal(options);
  } catch (error) {
    const ways = error instanceof LocalError ? error.facts["tried"] : undefined;
    if (!(error instanceof LocalError) || !Array.isArray(ways)) throw error;
    const tried = [...searched, ...ways.map(String)];
    throw new LocalError(
      "binary-not-found",
      `Could not find or install a Temporal binary. Tried:\n${tried.map((line) => `  - ${line}`).join("\n")}`,
      {
        hint: `${error.hint ?? "Install Go"}; or install Temporal's CLI and choose it with --temporal-bin`,
        facts: { ...error.facts, tried },
        cause: error,
      },
    );
  }
}

/** Reports progress; the version is that of the options, unless another one is built instead. */
type Tell = (phase: InstallPhase, version?: string) => void;

function existing(version: string, options: InstallOptions): InstalledTemporal | null {
  const binary = findManaged({ ...options, version, mayStandIn: false });
  return binary === null ? null : { ...binary, trust: null, url: null };
}

/** Downloads or builds it in `scratch` and puts it in place, unless an installed one serves instead. */
async function obtain(
  scratch: string,
  folder: string,
  options: InstallOptions,
  tell: Tell,
): Promise<InstalledTemporal> {
  const { version, mayStandIn, env, signal } = options;
  const place = (made: string, version: string) => putInPlace(made, managedBinaryPath(folder, version), signal);
  try {
    const release = await downloadRelease(scratch, { ...options.tuning, version, env, signal, onProgress: tell });
    const { path, trust, url } = release;
    forgetStandIn(version, folder);
    return { path: place(path, version), version, source: "downloaded", trust, url };
  } catch (error) {
    if (!isBlocked(error)) throw error;
    const why = String(error.facts["why"] ?? error.message);
    const instead = mayStandIn === true && compareVersions(version, NEWEST_GO_VERSION) > 0 ? NEWEST_GO_VERSION : null;
    const installed = instead === null ? null : existing(instead, options);
    tell({ phase: "blocked", why, instead, isInstalled: installed !== null });
    const built = instead ?? version;
    const onProgress = (phase: InstallPhase) => tell(phase, built);
    const result: InstalledTemporal = installed ?? {
      path: place(await build(scratch, error, { version: built, env, signal, onProgress }), built),
      version: built,
      source: "built",
      trust: null,
      url: null,
    };
    if (instead !== null) keepStandIn(version, instead, folder);
    return result;
  }
}

/** Builds a version that could not be downloaded. If that fails too, the error reports both. */
async function build(scratch: string, blocked: LocalError, options: InstallStepOptions): Promise<string> {
  try {
    return await buildTemporal(scratch, options);
  } catch (error) {
    if (!(error instanceof LocalError) || error.code !== "install-failed") throw error;
    const tried = [`download: ${blocked.message}`, `go install: ${error.message}`];
    throw new LocalError(
      "install-failed",
      `Cannot install Temporal ${options.version}. Tried:\n${tried.map((line) => `  - ${line}`).join("\n")}`,
      { hint: error.hint, facts: { ...error.facts, tried }, cause: error },
    );
  }
}
