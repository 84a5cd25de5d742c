import { constants, copyFileSync, lstatSync, mkdirSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { LocalError } from "../errors/local_error.ts";
import { orNull } from "../errors/system_error.ts";
import type { InstancePaths } from "../instance/paths.ts";

/**
 * Creates the home of an ephemeral instance, or accepts an existing folder that belongs to this user alone. False if
 * neither is possible, e.g. the disk is full, or the path is taken.
 */
export function makeEphemeralHome({ home, logsDir }: InstancePaths, uid: number): boolean {
  const make = (path: string) => orNull(() => mkdirSync(path, { mode: 0o700 })) !== null || isOwnFolder(path, uid);
  return make(home) && make(logsDir);
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

/** The folder in `into` that gets the logs of the ephemeral instance at `home`; no other instance has the same one. */
export function keptLogsPath(into: string, home: string): string {
  return join(into, basename(home));
}

/**
 * Copies the logs of an ephemeral instance into {@linkcode keptLogsPath}, before its home is deleted. Overwrites nothing.
 * Ignores errors of the system (a full disk): the instance must be cleaned up all the same.
 */
export function keepLogs({ home, logsDir }: InstancePaths, into: string): void {
  const folder = keptLogsPath(into, home);
  orNull(() => {
    const names = readdirSync(logsDir);
    mkdirSync(folder, { recursive: true });
    for (const name of names) copyFileSync(join(logsDir, name), join(folder, name), constants.COPYFILE_EXCL);
  });
}
