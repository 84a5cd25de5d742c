import { isVersion } from "../../config/temporal_versions.ts";
import { LocalError } from "../../errors/local_error.ts";

/** Base URL of the releases of Temporal's CLI. */
export const OFFICIAL_BASE = "https://github.com/temporalio/cli/releases/download";
/** The environment variable that sets a mirror, or `off`. */
export const MIRROR_VARIABLE = "STIGMER_TEMPORAL_MIRROR";

/** The platforms that have release archives. */
export const RELEASE_TARGETS = ["linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64"] as const;

/** A release's name for a platform (`linux_amd64`), from Node's names; null if there is no archive for it. */
export function releaseTarget(platform: string, arch: string): string | null {
  const name = `${platform}_${arch.replace("x64", "amd64")}`;
  return RELEASE_TARGETS.find((target) => target === name) ?? null;
}

/** The name of the release archive of `version` for `target`. */
export function archiveName(version: string, target: string): string {
  return `temporal_cli_${version}_${target}.tar.gz`;
}

/** The URLs of a release's archive and of the checksums published beside it. */
export function releaseUrls(base: string, version: string, target: string): { archive: URL; checksums: URL } {
  const folder = `${base.replace(/\/+$/, "")}/v${version}/`;
  return { archive: new URL(folder + archiveName(version, target)), checksums: new URL(`${folder}checksums.txt`) };
}

/** The URL of the checksums of the newest release, whose names tell its version; a mirror serves them at `latest/`. */
export function latestChecksums(base: string): URL {
  const folder = base === OFFICIAL_BASE
    ? `${OFFICIAL_BASE.slice(0, -"download".length)}latest/download`
    : `${base.replace(/\/+$/, "")}/latest`;
  return new URL(`${folder}/checksums.txt`);
}

/** The version in the name of a release archive for `target`; undefined for any other name. */
export function versionInName(name: string, target: string): string | undefined {
  const version = /^temporal_cli_([^_]+)_/.exec(name)?.[1];
  return version !== undefined && isVersion(version) && archiveName(version, target) === name ? version : undefined;
}

/**
 * Base URL to download releases from: the mirror in the environment, else the official one; null if the mirror is
 * `off`.
 *
 * @throws {LocalError} `usage` if the mirror is not an https:// URL (http:// is allowed only for this machine)
 */
export function releaseBase(env: Readonly<Record<string, string | undefined>>): string | null {
  const mirror = env[MIRROR_VARIABLE]?.trim();
  if (mirror === undefined || mirror === "") return OFFICIAL_BASE;
  if (/^off$/i.test(mirror)) return null;
  const url = URL.canParse(mirror) ? new URL(mirror) : null;
  if (url === null || !isAllowed(url) || url.search !== "" || url.hash !== "") {
    throw new LocalError("usage", `$${MIRROR_VARIABLE} must be an https:// URL without a query, or \`off\``, {
      hint: "http:// is allowed only for 127.0.0.1, [::1] and localhost",
      facts: { variable: MIRROR_VARIABLE },
    });
  }
  return mirror;
}

/** Whether downloads from `url` are allowed: over TLS, or from this machine. */
export function isAllowed(url: URL): boolean {
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
}

/** Whether `host`, as in a URL, is a loopback address. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\]|::1)$/i.test(host);
}

/** A URL for messages: without password and query, which may contain secrets. */
export function shownUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}
