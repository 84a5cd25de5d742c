import { statSync } from "node:fs";
import { dirname } from "node:path";
import type { Settings } from "../../config/settings.ts";
import { orNull } from "../../errors/system_error.ts";
import { linesSince } from "../../logs/log_lines.ts";
import { readTail } from "../../logs/read_tail.ts";
import { fullDisk } from "../../platform/files/free_space.ts";
import type { InstancePaths } from "../paths.ts";

/** A Temporal that cannot write logs an error several times in this span, in ms. */
const RECENT_MS = 30_000;
const TAIL_BYTES = 64 * 1024;

/** Errors of writes (SQLite's and the system's) in Temporal's log. */
const WRITE_ERROR =
  /\blevel"?[=:]"?ERROR\b.*(database or disk is full|no space left on device|disk quota exceeded|attempt to write a readonly database|cannot start a transaction within a transaction)/;

/**
 * Whether Temporal can write its data, as far as the file systems and its log tell: its database must not be read while
 * it runs.
 *
 * @param startedAtMs When this Temporal was started: what an earlier one logged does not count.
 */
export function checkData(
  paths: InstancePaths,
  { dbFilename }: Settings,
  startedAtMs: number,
  nowMs: number,
): { ok: boolean; detail: string } {
  const full = fullDisk(dataFolders(paths, { dbFilename }));
  if (full !== null) return { ok: false, detail: full };
  // A log that cannot be read tells nothing: Temporal writes on to the file that it has open.
  const error = orNull(() => recentWriteError(paths.temporalLog, Math.max(startedAtMs, nowMs - RECENT_MS)));
  if (error !== null) return { ok: false, detail: `Temporal cannot write: ${error}` };
  return { ok: true, detail: dbFilename ?? "in memory" };
}

/** The directories that Temporal and its supervisor write to. */
export function dataFolders(paths: InstancePaths, { dbFilename }: Pick<Settings, "dbFilename">): string[] {
  return [...dbFilename === null ? [] : [dirname(dbFilename)], paths.home, paths.logsDir];
}

function recentWriteError(log: string, sinceMs: number): string | null {
  const info = statSync(log, { throwIfNoEntry: false });
  if (info === undefined || !info.isFile() || info.mtimeMs < sinceMs) return null;
  const lines = linesSince(readTail(log, 0, TAIL_BYTES).split("\n"), sinceMs);
  return lines.map((line) => WRITE_ERROR.exec(line)?.[1]).findLast((error) => error !== undefined) ?? null;
}
