import { lstatSync } from "node:fs";
import { LocalError } from "../errors/local_error.ts";

/** The error for a directory at the path of the control socket: rename(2) replaces everything else there. */
export function socketIsFolder(path: string, cause?: unknown): LocalError {
  return new LocalError("home-unusable", `Cannot create the control socket ${path}: it is a directory`, {
    hint: "Move the directory away; a running supervisor then makes its socket again within a second",
    facts: { path },
    cause,
  });
}

/**
 * For a wait for a supervisor that holds its lock and is not listening.
 *
 * @throws {LocalError} `home-unusable` if it cannot listen before a person does something
 */
export function refuseSocketFolder(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true) throw socketIsFolder(path);
}
