import { rmSync } from "node:fs";
import { checkHome, type CommandContext } from "../cli/context.ts";
import { LocalError } from "../errors/local_error.ts";
import { takeInstallLock } from "./install_lock.ts";
import { managedBinaries } from "./installed.ts";
import { forgetSelectedVersion, readSelectedVersion } from "./selected_version.ts";

/**
 * Removes a managed binary that does not run; one that is not there is success.
 *
 * @throws {LocalError} `settings-differ` when it runs
 */
export async function removeInstalled(context: CommandContext, version: string): Promise<number> {
  const { host, invocation: { home } } = context;
  const find = () => managedBinaries(home, host.platform).find((binary) => binary.version === version);
  if (!checkHome(context) || find() === undefined) {
    await context.answer({ schema: 1, version, removed: null }, () => `Temporal ${version} is not installed here\n`);
    return 0;
  }
  const lock = await takeInstallLock(home, { onWaiting: () => {} });
  try {
    const binary = find();
    if (binary?.isRunning === true) {
      throw new LocalError("settings-differ", `Temporal ${version} is the one that runs`, {
        hint: "`stigmer-local stop` first, or `stigmer-local restart --version …` to another one",
        facts: { version, path: binary.path },
      });
    }
    if (binary !== undefined) rmSync(binary.path);
    if (readSelectedVersion(home).isNamed && readSelectedVersion(home).version === version) forgetSelectedVersion(home);
    const removed = binary?.path ?? null;
    await context.answer({ schema: 1, version, removed }, () => `Temporal ${version} was removed\n`);
    return 0;
  } finally {
    lock.close();
  }
}
