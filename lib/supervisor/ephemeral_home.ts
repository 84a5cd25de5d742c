import { lstatSync, mkdirSync } from "node:fs";
import { LocalError, systemErrorCode } from "../errors/local_error.ts";
import type { InstancePaths } from "../instance/paths.ts";

/**
 * Creates the home of an ephemeral instance, or accepts an existing folder that belongs to this user alone. False if
 * neither is possible, e.g. the disk is full, or the path is taken.
 */
export function makeEphemeralHome({ home, logsDir }: InstancePaths, uid: number): boolean {
  try {
    mkdirSync(home, { mode: 0o700 });
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    if (!isOwnFolder(home, uid)) return false;
  }
  try {
    mkdirSync(logsDir, { recursive: true, mode: 0o700 });
    return true;
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return false;
  }
}

/** Other users can see the path before the folder exists, and may have created it. */
export function isOwnFolder(path: string, uid: number): boolean {
  const info = lstatSync(path, { throwIfNoEntry: false });
  return info?.isDirectory() === true && info.uid === uid && (info.mode & 0o022) === 0;
}

/** The error for a home that {@linkcode makeEphemeralHome} could not create. */
export function homeNotMade(home: string): LocalError {
  return new LocalError("home-unusable", `Cannot create the temporary home ${home}`, {
    hint: "Free some space there, or set TMPDIR to another directory",
    facts: { home },
  });
}
