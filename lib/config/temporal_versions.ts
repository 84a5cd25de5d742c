/** The version of Temporal that this tool installs by default. */
export const DEFAULT_TEMPORAL_VERSION = "1.8.2";

/** The newest version that `go install` can build: the go.mod of later ones has replace directives. */
export const NEWEST_GO_VERSION = "1.5.1";

/** The output of `temporal --version`. */
export interface TemporalVersions {
  /** The version of the CLI; null for a build without one (`0.0.0-DEV`, as built by `go install`). */
  cli: string | null;
  /** The version of the server in it; null if not reported. */
  server: string | null;
}

/** Parses the output of `temporal --version`; null if it is not one. */
export function parseTemporalVersion(output: string): TemporalVersions | null {
  const match = /^temporal version (\S+)(?: \((?:Server ([^\s,)]+))?)?/m.exec(output);
  if (match === null) return null;
  const cli = match[1] as string;
  return { cli: cli.startsWith("0.0.0") ? null : cli, server: match[2] ?? null };
}

/** A version such as `1.5.1` or `1.6.0-rc.1`, without a leading `v`. */
export const VERSION: RegExp = /^\d{1,6}\.\d{1,6}\.\d{1,6}(-[0-9A-Za-z.-]{1,64})?$/;

/** Whether `text` is a {@linkcode VERSION}. */
export function isVersion(text: string): boolean {
  return VERSION.test(text);
}

/** `version` without a leading `v`. */
export function withoutV(version: string): string {
  return version.replace(/^v(?=\d)/, "");
}

/** Negative if version `a` is older than `b`, 0 if equal, positive if newer. A pre-release is older than its release. */
export function compareVersions(a: string, b: string): number {
  const [coreA = "", preA] = splitOnce(a);
  const [coreB = "", preB] = splitOnce(b);
  const byCore = compareDotted(coreA, coreB);
  if (byCore !== 0 || preA === preB) return byCore;
  if (preA === undefined) return 1;
  if (preB === undefined) return -1;
  return compareDotted(preA, preB);
}

function splitOnce(version: string): string[] {
  const at = version.indexOf("-");
  return at < 0 ? [version] : [version.slice(0, at), version.slice(at + 1)];
}

/** Compares by rule 11 of SemVer: numbers by value and before words, words by characters, fewer parts before more. */
function compareDotted(a: string, b: string): number {
  const partsA = a.split(".");
  const partsB = b.split(".");
  for (let i = 0; i < Math.max(partsA.length, partsB.length); i++) {
    const partA = partsA[i];
    const partB = partsB[i];
    if (partA === partB) continue;
    if (partA === undefined) return -1;
    if (partB === undefined) return 1;
    const isNumberA = /^\d+$/.test(partA);
    const isNumberB = /^\d+$/.test(partB);
    if (isNumberA !== isNumberB) return isNumberA ? -1 : 1;
    if (isNumberA && Number(partA) !== Number(partB)) return Number(partA) - Number(partB);
    if (!isNumberA) return partA < partB ? -1 : 1;
  }
  return 0;
}
