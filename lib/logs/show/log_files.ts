import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { isMissing } from "../../errors/system_error.ts";
import { SUPERVISOR, TEMPORAL } from "./sources.ts";

/** A log, and whose it is. */
export interface LogFile {
  source: string;
  path: string;
}

/** {@linkcode rotatedName} gives a log such a name. */
const ROTATED = /-\d{8}T\d{9}Z(?:-\d+)?$/;

/** The log of `source` in the folder of the logs. */
export function logFile(logsDir: string, source: string): LogFile {
  return { source, path: join(logsDir, `${source}.log`) };
}

/** The logs in `logsDir`, without the supervisor's and rotated ones: Temporal's first, then by name. None without the folder. */
export function listLogs(logsDir: string): LogFile[] {
  const names = namesIn(logsDir)
    .flatMap((name) => /^(.+)\.log$/.exec(name)?.[1] ?? [])
    .filter((name) => name !== SUPERVISOR && !ROTATED.test(name))
    .sort((a, b) => Number(b === TEMPORAL) - Number(a === TEMPORAL) || (a < b ? -1 : 1));
  return names.map((name) => logFile(logsDir, name))
    .filter(({ path }) => lstatSync(path, { throwIfNoEntry: false })?.isFile());
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
