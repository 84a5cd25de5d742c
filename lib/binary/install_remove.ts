import { rmSync } from "node:fs";
import { checkHome, type CommandContext } from "../cli/context.ts";
import { LocalError } from "../errors/local_error.ts";
import { takeInstallLock } from "./install_lock.ts";
import { managedBinaries } from "./installed.ts";
import { forgetSelectedVersion, readSelectedVersion } from "./selected_version.ts";

/**
 * Removes a managed binary that is not running. Succeeds if it is not installed.
 *
 * @throws {LocalError} `settings-differ` if it is running
 */
export async function removeInstalled(context: CommandContext, version: string): Promise<number> {
  const { host, invocation: { home } } = context;
  const find = () => managedBinaries(home, host.platform).find((binary) => binary.version === version);
  if (!checkHome(context) || find() === undefined) {
    await context.answer(
      { schema: 1, version, removed: null },
      () => `Temporal ${version} is not installed in this home\n`,
    );
    return 0;
  }
  const lock = await takeInstallLock(home, { onWaiting: () => {} });
  try {
    const binary = find();
    if (binary?.isRunning === true) {
      throw new LocalError("settings-differ", `Cannot remove Temporal ${version}: it is running`, {
        hint:
          "Stop it with `stigmer-local stop`, or switch to another version with `stigmer-local restart --version …`",
        facts: { version, path: binary.path },
      });
    }
    if (binary !== undefined) rmSync(binary.path);
    if (readSelectedVersion(home).isNamed && readSelectedVersion(home).version === version) forgetSelectedVersion(home);
    const removed = binary?.path ?? null;
    await context.answer({ schema: 1, version, removed }, () => `Removed Temporal ${version}\n`);
    return 0;
  } finally {
    lock.close();
  }
}
