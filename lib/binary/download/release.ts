import { createHash } from "node:crypto";
import { createReadStream, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { LocalError, type LocalErrorOptions } from "../../errors/local_error.ts";
import { nativeArch } from "../../platform/spawn/native_arch.ts";
import { answerDeadlineMs, readTemporalVersion } from "../ask_binary.ts";
import type { InstallStepOptions } from "../render_install.ts";
import { DEFAULT_TIMING, download, type DownloadTiming, publishedSums } from "./download.ts";
import { archiveName, MIRROR_VARIABLE, releaseBase, releaseTarget, releaseUrls, shownUrl } from "./release_files.ts";
import { RELEASE_SUMS } from "./release_sums.ts";
import { unpackTemporal } from "./unpack_archive.ts";

/** What an archive was checked against: a checksum pinned in the source, or the one published beside the archive. */
export type Trust = "pinned" | "published";

/** Options for downloading a release. */
export interface ReleaseOptions extends InstallStepOptions {
  /** For tests: other checksums and timeouts. */
  sums?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  timing?: DownloadTiming;
  firstRun?: FirstRun;
}

/** The first run of a new binary. */
export interface FirstRun {
  /** How long it may take, in ms. */
  timeoutMs: number;
  /** The system checks it before it runs. */
  isDelayed: boolean;
}

/** Temporal 1.5.1's archives have some 50–90 MB. */
const MAX_ARCHIVE_BYTES = 512 * 1024 * 1024;

/**
 * Downloads the official release archive of `version` for this platform into the folder `scratch`, checks it, and only
 * then unpacks it there.
 *
 * @returns the path of the binary
 * @throws {LocalError} `install-failed` ({@linkcode isBlocked} tells whether to try a build instead), `usage` for an
 * invalid mirror
 * @throws the system's error if `scratch` can't be written; the reason of `signal`
 */
export async function downloadRelease(
  scratch: string,
  options: ReleaseOptions,
): Promise<{ path: string; trust: Trust; url: string }> {
  const { version, env, onProgress, signal, timing = DEFAULT_TIMING, sums = RELEASE_SUMS } = options;
  const base = releaseBase(env);
  if (base === null) throw blocked(version, `downloads are disabled ($${MIRROR_VARIABLE}=off)`);
  const target = releaseTarget(process.platform, nativeArch());
  if (target === null) throw blocked(version, `no release for ${process.platform} ${process.arch}`);
  const urls = releaseUrls(base, version, target);
  const url = shownUrl(urls.archive);
  const common = { env, timing, signal, onProgress };

  const pinned = sums[version]?.[target];
  const name = archiveName(version, target);
  const sum = pinned ?? (await publishedSums(urls.checksums, scratch, common)).get(name);
  if (sum === undefined) {
    throw failed(`Cannot check ${name}: ${shownUrl(urls.checksums)} does not list it`, true, {
      facts: { why: "its checksums.txt does not list the archive" },
    });
  }
  if (pinned === undefined) onProgress({ phase: "unpinned" });
  const archive = join(scratch, name);
  const getIt = () => download({ ...common, url: urls.archive, path: archive, maxBytes: MAX_ARCHIVE_BYTES });
  const isRight = async () => await sha256(archive, signal) === sum;
  const { isResumed } = await getIt();
  onProgress({ phase: "unpacking" });
  let isGood = await isRight();
  if (!isGood && isResumed) { // the parts may be of different files: download once more in one piece
    await getIt();
    isGood = await isRight();
  }
  const trust = pinned === undefined ? "published" : "pinned";
  if (!isGood) {
    const whose = pinned === undefined ? "the one in the checksums.txt beside it" : "the one pinned in stigmer-local";
    throw failed(`Checksum mismatch for ${url}: its SHA-256 is not ${whose}`, false, {
      hint: `The archive was discarded; a proxy, or the mirror in ${MIRROR_VARIABLE}, may be changing it`,
      facts: { url, sha256: sum, trust },
    });
  }
  const path = join(scratch, "temporal");
  await unpackTemporal(archive, path, signal);
  rmSync(archive);
  const firstRun = options.firstRun ?? { timeoutMs: answerDeadlineMs(), isDelayed: process.platform === "darwin" };
  onProgress({ phase: "checking", isFirstRun: firstRun.isDelayed });
  const cli = await versionOf(path, firstRun, signal);
  if (cli !== null && cli !== version) {
    throw failed(`Cannot use the release archive: its temporal reports version ${cli}, not ${version}`, false, {
      facts: { url },
    });
  }
  return { path, trust, url };
}

/**
 * The version that a binary with the right checksum reports; null if the system still checks it, which must not discard
 * the file: the check of another copy would begin from the start.
 */
async function versionOf(path: string, firstRun: FirstRun, signal: AbortSignal | undefined): Promise<string | null> {
  try {
    return (await readTemporalVersion(path, signal, firstRun.timeoutMs)).cli;
  } catch (error) {
    if (firstRun.isDelayed && error instanceof LocalError && error.facts["isSilent"] === true) return null;
    throw error;
  }
}

/** Whether the download failed because of the network or server, and not because the archive is invalid. */
export function isBlocked(error: unknown): error is LocalError {
  return error instanceof LocalError && error.code === "install-failed" && error.facts["isBlocked"] === true;
}

async function sha256(path: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) {
    signal?.throwIfAborted();
    hash.update(piece as Uint8Array);
  }
  return hash.digest("hex");
}

function blocked(version: string, why: string): LocalError {
  return failed(`Cannot download Temporal ${version}: ${why}`, true, { facts: { why } });
}

function failed(message: string, isBlocked: boolean, { hint, facts }: LocalErrorOptions): LocalError {
  return new LocalError("install-failed", message, { hint, facts: { ...facts, isBlocked } });
}
