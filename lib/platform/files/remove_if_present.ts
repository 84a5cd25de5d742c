import { unlinkSync } from "node:fs";
import { systemErrorCode } from "../../errors/local_error.ts";
import { orNull } from "../../errors/system_error.ts";

/**
 * Removes the file at `path`, if there is one.
 *
 * @param ignored Other error codes that leave the file and are no failure for the caller.
 * @throws the system's error
 */
export function removeIfPresent(path: string, ignored: readonly string[] = []): void {
  try {
    unlinkSync(path);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined || (code !== "ENOENT" && !ignored.includes(code))) throw error;
  }
}

/** Removes the file at `path` if the system allows it. */
export function removeQuietly(path: string): void {
  orNull(() => unlinkSync(path));
}
