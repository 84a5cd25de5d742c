import { LocalError } from "../../errors/local_error.ts";

/** Where Temporal's command-line tool is published. */
export const OFFICIAL_BASE = "https://github.com/temporalio/cli/releases/download";
/** The environment variable that names another place, or `off`. */
export const MIRROR_VARIABLE = "STIGMER_TEMPORAL_MIRROR";

const SYSTEMS: Readonly<Record<string, string>> = { linux: "linux", darwin: "darwin" };
const PROCESSORS: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/** The platforms that have release archives. */
export const RELEASE_TARGETS = ["linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64"] as const;

/** What a release calls this platform (`linux_amd64`), from Node's names for it; null when there is no archive for it. */
export function releaseTarget(platform: string, arch: string): string | null {
  const system = SYSTEMS[platform];
  const processor = PROCESSORS[arch];
  return system === undefined || processor === undefined ? null : `${system}_${processor}`;
}

/** The name of the release archive of `version` for `target`. */
export function archiveName(version: string, target: string): string {
  return `temporal_cli_${version}_${target}.tar.gz`;
}

/** The URLs of a release's archive, and of the sums that are published beside it. */
export function releaseUrls(base: string, version: string, target: string): { archive: URL; checksums: URL } {
  const folder = `${base.replace(/\/+$/, "")}/v${version}/`;
  return { archive: new URL(folder + archiveName(version, target)), checksums: new URL(`${folder}checksums.txt`) };
}

/**
 * Where releases are downloaded from: the mirror that the environment names, else the official place; null when it says
 * `off`.
 *
 * @throws {LocalError} `usage` when the mirror is no https:// address (http:// is allowed on this machine alone)
 */
export function releaseBase(env: Readonly<Record<string, string | undefined>>): string | null {
  const mirror = env[MIRROR_VARIABLE]?.trim();
  if (mirror === undefined || mirror === "") return OFFICIAL_BASE;
  if (/^off$/i.test(mirror)) return null;
  const url = URL.canParse(mirror) ? new URL(mirror) : null;
  if (url === null || !isAllowed(url) || url.search !== "" || url.hash !== "") {
    throw new LocalError("usage", `$${MIRROR_VARIABLE} takes an https:// address without a query, or \`off\``, {
      hint: "http:// is allowed for 127.0.0.1, [::1] and localhost only",
      facts: { variable: MIRROR_VARIABLE },
    });
  }
  return mirror;
}

/** Whether anything may be fetched from `url`: over TLS, or from this machine. */
export function isAllowed(url: URL): boolean {
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
}

/** Whether `host`, as in a URL, is this machine. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\]|::1)$/i.test(host);
}

/** A URL for people: without a password and without a query, which may hold a signature. */
export function shownUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}
