import { constants, copyFileSync, lstatSync, readdirSync, renameSync, rmSync, statfsSync, truncateSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { systemErrorCode } from "../errors/local_error.ts";
import { orNull } from "../errors/system_error.ts";
import { removeIfPresent, removeQuietly } from "../platform/files/remove_if_present.ts";
import { byAge, type LogPolicy, logsToRemove, rotatedAtMs, rotatedName, timesPath } from "./retention.ts";

/**
 * How a log is rotated. `rename`: before its writer opens it. `copy-truncate`: while its writer has it open for append and
 * continues at offset 0 (open(2), O_APPEND); lines written between the copy and the truncation are lost.
 */
export type RotationMode = "rename" | "copy-truncate";

/**
 * Rotates the log at `path` with its time index, unless it is empty or missing, and removes the rotated logs that exceed
 * `policy`.
 */
export function rotateLog(path: string, mode: RotationMode, policy: LogPolicy, nowMs: number): void {
  if (sizeOf(path) > 0) {
    const target = freeName(path, nowMs);
    if (mode === "rename") renameSync(path, target);
    else copyAtomically(path, target);
    orNull(() => renameSync(timesPath(path), timesPath(target))); // most logs have none
    if (mode === "copy-truncate") truncateSync(path); // last, so that no index tells of bytes that are gone
  }
  pruneLogs(path, policy, nowMs);
}

/**
 * Rotates the log at `path` while its writer has it open, once it has reached the size limit of `policy`. Skips rotation if
 * its copy would fill the disk, which the database needs, too. Costs one lstat(2) below the limit.
 *
 * @returns whether the log was rotated
 */
export function rotateLogBySize(path: string, policy: LogPolicy, nowMs: number): boolean {
  const size = sizeOf(path);
  if (size < policy.logMaxSizeBytes) return false;
  if (freeBytes(dirname(path)) < 2 * size) {
    pruneLogs(path, policy, nowMs);
    return false;
  }
  rotateLog(path, "copy-truncate", policy, nowMs);
  return true;
}

/** The paths of the rotated logs of the log at `path`, oldest first. */
export function rotatedLogs(path: string): string[] {
  return listRotated(path).sort(byAge).map(({ name }) => join(dirname(path), name));
}

/** The newest rotated log of the log at `path` for whose inode `is` holds; null if there is none. */
export function newestRotated(path: string, is: (inode: number) => boolean): string | null {
  return rotatedLogs(path).findLast((rotated) => {
    const info = lstatSync(rotated, { throwIfNoEntry: false });
    return info !== undefined && is(info.ino);
  }) ?? null;
}

/** After a failed copy Node removes the incomplete target; Deno leaves it. */
function copyAtomically(path: string, target: string): void {
  try {
    copyFileSync(path, target, constants.COPYFILE_EXCL);
  } catch (error) {
    if (systemErrorCode(error) !== "EEXIST") rmSync(target, { force: true });
    throw error;
  }
}

/** The space that unprivileged users may use on the file system of `folder`; unlimited if it reports only zeros (FUSE). */
function freeBytes(folder: string): number {
  const { bavail, bsize, blocks } = statfsSync(folder);
  return blocks === 0 ? Infinity : bavail * bsize;
}

function pruneLogs(path: string, policy: LogPolicy, nowMs: number): void {
  for (const name of logsToRemove(listRotated(path), nowMs, policy)) {
    const rotated = join(dirname(path), name);
    removeQuietly(timesPath(rotated)); // first, so that it is not left alone
    removeIfPresent(rotated);
  }
}

function listRotated(path: string) {
  const current = basename(path);
  return readdirSync(dirname(path)).flatMap((name) => {
    const at = rotatedAtMs(name, current);
    const info = at === null ? undefined : lstatSync(join(dirname(path), name), { throwIfNoEntry: false });
    // Not created by us if it is a link or a directory.
    return at === null || !info?.isFile() ? [] : [{ name, rotatedAtMs: at, sizeBytes: info.size }];
  });
}

function freeName(path: string, nowMs: number): string {
  for (let sequence = 0;; sequence++) {
    const target = join(dirname(path), rotatedName(basename(path), nowMs, sequence));
    if (lstatSync(target, { throwIfNoEntry: false }) === undefined) return target;
  }
}

/** The size of the regular file at `path` in bytes; 0 for anything else. */
function sizeOf(path: string): number {
  const info = lstatSync(path, { throwIfNoEntry: false });
  return info?.isFile() ? info.size : 0;
}
