/** When logs are rotated, and how long rotated logs are kept. */
export interface LogPolicy {
  /** The size at which the current log is rotated. */
  logMaxSizeBytes: number;
  /** The age at which rotated logs are removed. */
  logMaxAgeS: number;
  /** The maximum total size of rotated logs; the oldest ones are removed first. */
  logMaxTotalBytes: number;
}

/** The default policy. */
export const DEFAULT_LOG_POLICY: LogPolicy = {
  logMaxSizeBytes: 10 * 1024 * 1024,
  logMaxAgeS: 7 * 24 * 60 * 60,
  logMaxTotalBytes: 100 * 1024 * 1024,
};

/** A rotated log: its name and when it was rotated. */
export interface RotatedLog {
  name: string;
  rotatedAtMs: number;
  sizeBytes: number;
}

/** `temporal.log` rotated at `atMs` → `temporal-20261123T055901123Z.log`; `sequence` distinguishes logs of the same ms. */
export function rotatedName(current: string, atMs: number, sequence = 0): string {
  const stamp = new Date(atMs).toISOString().replace(/[-:.]/g, "");
  return `${current.replace(/\.log$/, "")}-${stamp}${sequence === 0 ? "" : `-${sequence}`}.log`;
}

/** The time index of the log at `path`, which is rotated and removed with it (`time_index.ts`). */
export function timesPath(path: string): string {
  return `${path}.times`;
}

/** When the log called `name` was rotated, in Unix ms; null if it is not a rotated log of `current`. */
export function rotatedAtMs(name: string, current: string): number | null {
  const stem = `${current.replace(/\.log$/, "")}-`;
  if (!name.startsWith(stem)) return null;
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z(?:-\d+)?\.log$/.exec(name.slice(stem.length));
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, ms] = match;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
  return Number.isNaN(at) ? null : at;
}

/** Compares by age, oldest first. Within one ms `….log` comes before `…-1.log`, and `…-2.log` before `…-10.log`. */
export function byAge(a: RotatedLog, b: RotatedLog): number {
  return a.rotatedAtMs - b.rotatedAtMs || a.name.length - b.name.length || (a.name < b.name ? -1 : 1);
}

/**
 * The names of the logs to remove in order to satisfy `policy`, oldest first. Size alone never removes the newest one: it
 * may hold the last output of the process that just exited.
 */
export function logsToRemove(logs: readonly RotatedLog[], nowMs: number, policy: LogPolicy): string[] {
  const oldestFirst = [...logs].sort(byAge);
  let totalBytes = oldestFirst.reduce((sum, log) => sum + log.sizeBytes, 0);
  return oldestFirst.filter((log, index) => {
    const isNewest = index === oldestFirst.length - 1;
    const goes = nowMs - log.rotatedAtMs > policy.logMaxAgeS * 1000 ||
      (totalBytes > policy.logMaxTotalBytes && !isNewest);
    if (goes) totalBytes -= log.sizeBytes;
    return goes;
  }).map((log) => log.name);
}
