import { LocalError } from "../errors/local_error.ts";
import { readDuration } from "../text/units.ts";

/**
 * The timestamp of a line of Temporal's or the supervisor's log, in Unix ms; null if it has none. Temporal names no zone;
 * it is launched in UTC.
 */
export function lineTimeMs(line: string): number | null {
  const match = /^time=(\S+)/.exec(line) ?? /"(?:at|time|ts)":"([^"]+)"/.exec(line.slice(0, 200));
  const at = match === null ? NaN : parseTime(match[1]!);
  return Number.isNaN(at) ? null : at;
}

/** Unix ms of an ISO 8601 time, in UTC if it names no zone; NaN if it is none. */
function parseTime(text: string): number {
  return Date.parse(/T[\d:.]+$/.test(text) ? `${text}Z` : text);
}

/**
 * Parses the value of `--since` into Unix ms: a duration before `nowMs` (`90s`, `10m`, `2h`, `1d`) or an ISO 8601 time, in
 * UTC if it names no zone, as in the log.
 *
 * @throws {LocalError} `usage` for anything else
 */
export function parseSince(text: string, nowMs: number): number {
  const seconds = /^\S+[a-z]$/.test(text) ? readDuration(text.replace(/min$/, "m")) : null;
  if (seconds !== null) return nowMs - seconds * 1000;
  const at = /^\d{4}-\d\d/.test(text) ? parseTime(text) : NaN;
  if (!Number.isNaN(at)) return at;
  throw new LocalError(
    "usage",
    `Invalid value \`${text}\` for --since: expected a duration (90s, 10m, 2h, 1d) or a time (2026-11-23T06:00:00Z)`,
  );
}

/**
 * The lines written at `sinceMs` or later. A line without a timestamp (a stack trace, a panic) belongs to the line
 * before it.
 */
export function linesSince(lines: readonly string[], sinceMs: number): string[] {
  let isIn = false;
  return lines.filter((line) => {
    const at = lineTimeMs(line);
    if (at !== null) isIn = at >= sinceMs;
    return isIn;
  });
}

/** The level of a log line in lower case; null if it has none. */
export function lineLevel(line: string): string | null {
  const match = line.startsWith("{") ? /"level":"(\w+)"/.exec(line.slice(0, 200)) : /\blevel=(\w+)/.exec(line);
  return match?.[1]?.toLowerCase() ?? null;
}
