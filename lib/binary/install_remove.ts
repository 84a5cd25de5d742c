import { accessSync, constants, rmSync } from "node:fs";
import { dirname } from "node:path";
import { checkHome, type CommandContext } from "../cli/context.ts";
import { LocalError, systemErrorCode } from "../errors/local_error.ts";
import { writeFault } from "../errors/system_error.ts";
import { shellWord } from "../text/shell_word.ts";
import { takeInstallLock } from "./install_lock.ts";
import { managedBinaries } from "./installed.ts";
import { forgetSelectedVersion, readSelectedVersion } from "./selected_version.ts";

/**
 * Removes the managed binaries of a version, in the home and in the store of this user. Succeeds if there is none.
 *
 * @throws {LocalError} `settings-differ` if an instance is running one; `install-failed` if its folder is not writable
 */
export async function removeInstalled(context: CommandContext, version: string): Promise<number> {
  const { host, invocation: { home } } = context;
  checkHome(context);
  const place = { home, env: host.env, cwd: host.cwd() };
  const find = () => managedBinaries(place, host.platform).filter((binary) => binary.version === version);
  const folders = find().map(({ path }) => dirname(path));
  if (folders.length === 0) {
    await context.answer({ schema: 1, version, removed: null }, () => `Temporal ${version} is not installed\n`);
    return 0;
  }
  const locks = [];
  try {
    for (const folder of folders) accessSync(folder, constants.W_OK);
    for (const folder of folders) locks.push(await takeInstallLock(folder, { onWaiting: () => {} }));
    const binaries = find();
    for (const { path, usedBy } of binaries) if (usedBy.length > 0) throw inUse(version, path, usedBy, home);
    for (const { path } of binaries) rmSync(path);
    if (readSelectedVersion(home).isNamed && readSelectedVersion(home).version === version) forgetSelectedVersion(home);
    const removed = binaries[0]?.path ?? null;
    await context.answer({ schema: 1, version, removed }, () => `Removed Temporal ${version}\n`);
    return 0;
  } catch (error) {
    const code = systemErrorCode(error);
    if (error instanceof LocalError || code === undefined) throw error;
    throw new LocalError("install-failed", `Cannot remove Temporal ${version}: ${writeFault(code)}`, {
      hint: `Check the permissions of ${folders.join(" and ")}`,
      facts: { version, systemError: code },
      cause: error,
    });
  } finally {
    for (const lock of locks) lock.close();
  }
}

function inUse(version: string, path: string, usedBy: string[], home: string): LocalError {
  const other = usedBy.includes(home) ? null : usedBy[0]!;
  const who = other === null ? "it is running" : `${other} is running it`;
  return new LocalError("settings-differ", `Cannot remove Temporal ${version}: ${who}`, {
    hint: other === null
      ? "Stop it with `stigmer-local stop`, or switch to another version with `stigmer-local restart --version …`"
      : `Stop that instance with \`stigmer-local stop --home ${shellWord(other)}\``,
    facts: { version, path, usedBy },
  });
}
