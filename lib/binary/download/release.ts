import { createHash } from "node:crypto";
import { createReadStream, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { LocalError } from "../../errors/local_error.ts";
import type { DownloadPhase } from "../render_install.ts";
import { readTemporalVersion } from "../version/query_version.ts";
import { MAX_CHECKSUMS_BYTES, parseChecksums } from "./checksums.ts";
import { DEFAULT_PATIENCE, download, downloadText, type Patience } from "./download.ts";
import { archiveName, MIRROR_VARIABLE, releaseBase, releaseTarget, releaseUrls, shownUrl } from "./release_files.ts";
import { RELEASE_SUMS } from "./release_sums.ts";
import { DEFAULT_UNPACK_LIMITS, type UnpackLimits, unpackTemporal } from "./unpack_archive.ts";

/** What an archive was checked against: a sum in our source, or the one that is published beside the archive. */
export type Trust = "pinned" | "published";

/** How a release is downloaded. */
export interface ReleaseOptions {
  version: string;
  env: Readonly<Record<string, string | undefined>>;
  onProgress: (phase: DownloadPhase | { phase: "checking" }) => void;
  signal?: AbortSignal | undefined;
  /** For tests: other sums, patience and limits. */
  sums?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  patience?: Patience;
  limits?: UnpackLimits;
}

/** Temporal 1.5.1's archives have some 50–90 MB. */
const MAX_ARCHIVE_BYTES = 512 * 1024 * 1024;

/**
 * Downloads the official release archive of `version` for this platform into the folder `scratch`, checks it, and only
 * then unpacks it there.
 *
 * @returns the path of the binary
 * @throws {LocalError} `install-failed` ({@linkcode isBlocked} tells whether another way is worth a try), `usage` for a
 * mirror that is none
 * @throws the system's error when `scratch` can't be written, and the reason of `signal`
 */
export async function downloadRelease(
  scratch: string,
  options: ReleaseOptions,
): Promise<{ path: string; trust: Trust; url: string }> {
  const { version, env, onProgress, signal, patience = DEFAULT_PATIENCE, sums = RELEASE_SUMS } = options;
  const base = releaseBase(env);
  if (base === null) throw blocked(version, `turned off ($${MIRROR_VARIABLE}=off)`);
  const target = releaseTarget(process.platform, process.arch);
  if (target === null) throw blocked(version, `there is no release for ${process.platform} ${process.arch}`);
  const urls = releaseUrls(base, version, target);
  const common = { env, patience, signal, onProgress };

  const pinned = sums[version]?.[target];
  const name = archiveName(version, target);
  const sum = pinned ?? await publishedSum(name, { ...common, url: urls.checksums, maxBytes: MAX_CHECKSUMS_BYTES });
  if (pinned === undefined) onProgress({ phase: "unpinned" });
  const archive = join(scratch, name);
  const getIt = () => download({ ...common, url: urls.archive, path: archive, maxBytes: MAX_ARCHIVE_BYTES });
  const isRight = async () => await sha256(archive, signal) === sum;
  const { isResumed } = await getIt();
  onProgress({ phase: "unpacking" });
  let isGood = await isRight();
  if (!isGood && isResumed) { // the parts may be of two files: once more, and then it is not the parts
    await getIt();
    isGood = await isRight();
  }
  const trust = pinned === undefined ? "published" : "pinned";
  if (!isGood) throw wrongSum(urls.archive, sum, trust);
  const path = join(scratch, "temporal");
  await unpackTemporal(archive, path, { limits: options.limits ?? DEFAULT_UNPACK_LIMITS, signal });
  rmSync(archive);
  onProgress({ phase: "checking" });
  const { cli } = await readTemporalVersion(path, signal);
  if (cli !== null && cli !== version) {
    throw failed(`Cannot use the release archive: its temporal says that it is ${cli}, not ${version}`, false, {
      url: shownUrl(urls.archive),
    });
  }
  return { path, trust, url: shownUrl(urls.archive) };
}

/** Whether `error` says that a download is not to be had here, as a machine without network does, and not that it is wrong. */
export function isBlocked(error: unknown): error is LocalError {
  return error instanceof LocalError && error.code === "install-failed" && error.facts["isBlocked"] === true;
}

async function publishedSum(name: string, options: Parameters<typeof downloadText>[0]): Promise<string> {
  const sum = parseChecksums(await downloadText(options)).get(name);
  if (sum !== undefined) return sum;
  throw failed(`Cannot check ${name}: ${shownUrl(options.url)} does not list it`, true, {
    why: "its checksums.txt does not list the archive",
  });
}

async function sha256(path: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) {
    signal?.throwIfAborted();
    hash.update(piece as Uint8Array);
  }
  return hash.digest("hex");
}

function wrongSum(url: URL, sum: string, trust: Trust): LocalError {
  const whose = trust === "pinned"
    ? "the one in the source of stigmer-local"
    : "the one in the checksums.txt beside it";
  return new LocalError("install-failed", `${shownUrl(url)} is not what was published: its SHA-256 is not ${whose}`, {
    hint: `nothing of it was kept; whoever is in between (a proxy, the mirror in ${MIRROR_VARIABLE}) changes it`,
    facts: { url: shownUrl(url), sha256: sum, trust, isBlocked: false },
  });
}

function blocked(version: string, why: string): LocalError {
  return failed(`Cannot download Temporal ${version}: ${why}`, true, { why });
}

function failed(message: string, isBlocked: boolean, facts: Record<string, unknown>): LocalError {
  return new LocalError("install-failed", message, { facts: { ...facts, isBlocked } });
}
