import { lstatSync, mkdirSync } from "node:fs";
import { LocalError, systemErrorCode } from "../errors/local_error.ts";
import type { InstancePaths } from "../instance/paths.ts";

/**
 * Makes the home of an ephemeral instance, or goes on with one that is ours alone. False when neither can be: there is
 * no room for it, or something else stands there.
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

/** The name of the home is in sight of every user before the folder is there: somebody else may have made one. */
export function isOwnFolder(path: string, uid: number): boolean {
  const info = lstatSync(path, { throwIfNoEntry: false });
  return info?.isDirectory() === true && info.uid === uid && (info.mode & 0o022) === 0;
}

/** The error for a home that {@linkcode makeEphemeralHome} could not make. */
export function homeNotMade(home: string): LocalError {
  return new LocalError("home-unusable", `The temporary home ${home} can't be made`, {
    hint: "Free some space there, or set TMPDIR to another folder",
    facts: { home },
  });
}
