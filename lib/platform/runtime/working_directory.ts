import { LocalError } from "../../errors/local_error.ts";
import { isMissing } from "../../errors/system_error.ts";

/**
 * The working directory that `cwd` of the runtime tells.
 *
 * @throws {LocalError} `usage` if it was deleted
 */
export function workingDirectory(cwd: () => string): string {
  try {
    return cwd();
  } catch (error) {
    if (!isMissing(error)) throw error;
    const hint = "Change to one that exists, such as `cd ~`";
    throw new LocalError("usage", "The working directory was deleted", { hint, cause: error });
  }
}
