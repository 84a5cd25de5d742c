/** What is kept of rotated logs. */
export interface LogPolicy {
  /** A current log that reaches this size is rotated, in bytes. */
  maxSizeBytes: number;
  /** Rotated logs older than this are removed, in ms. */
  maxAgeMs: number;
  /** The oldest rotated logs are removed until the rest fits, in bytes. */
  maxTotalBytes: number;
}

/** The policy of an instance that nobody configured. */
export const DEFAULT_LOG_POLICY: LogPolicy = {
  maxSizeBytes: 10 * 1024 * 1024,
  maxAgeMs: 7 * 24 * 60 * 60 * 1000,
  maxTotalBytes: 100 * 1024 * 1024,
};

/** A rotated log: its name and when it was rotated. */
export interface RotatedLog {
  name: string;
  rotatedAtMs: number;
  sizeBytes: number;
}

/** `temporal.log` rotated at `atMs` → `temporal-20261123T055901123Z.log`; `sequence` tells apart what one ms made. */
export function rotatedName(current: string, atMs: number, sequence = 0): string {
  const stamp = new Date(atMs).toISOString().replace(/[-:.]/g, "");
  return `${current.replace(/\.log$/, "")}-${stamp}${sequence === 0 ? "" : `-${sequence}`}.log`;
}

/** When the log called `name` was rotated, in Unix ms; null when it is no rotated log of `current`. */
export function rotatedAtMs(name: string, current: string): number | null {
  const stem = `${current.replace(/\.log$/, "")}-`;
  if (!name.startsWith(stem)) return null;
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z(?:-\d+)?\.log$/.exec(name.slice(stem.length));
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, ms] = match;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
  return Number.isNaN(at) ? null : at;
}

/** For sorting, oldest first. Of one ms: `….log` was before `…-1.log`, and `…-2.log` before `…-10.log`. */
export function byAge(a: RotatedLog, b: RotatedLog): number {
  return a.rotatedAtMs - b.rotatedAtMs || a.name.length - b.name.length || (a.name < b.name ? -1 : 1);
}

/**
 * The names that must go for the rest to satisfy `policy`, oldest first. Size alone never takes the newest one: it may
 * hold the last words of what just ended.
 */
export function logsToRemove(logs: readonly RotatedLog[], nowMs: number, policy: LogPolicy): string[] {
  const oldestFirst = [...logs].sort(byAge);
  let totalBytes = oldestFirst.reduce((sum, log) => sum + log.sizeBytes, 0);
  return oldestFirst.filter((log, index) => {
    const isNewest = index === oldestFirst.length - 1;
    const goes = nowMs - log.rotatedAtMs > policy.maxAgeMs || (totalBytes > policy.maxTotalBytes && !isNewest);
    if (goes) totalBytes -= log.sizeBytes;
    return goes;
  }).map((log) => log.name);
}
