import { constants, copyFileSync, mkdirSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { orNull } from "../errors/system_error.ts";
import type { InstancePaths } from "../instance/paths.ts";

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
