import { accessSync, constants, mkdirSync, statSync } from "node:fs";
import process from "node:process";
import { isVersion } from "../config/temporal_versions.ts";
import { LocalError } from "../errors/local_error.ts";
import { orNull } from "../errors/system_error.ts";
import { userName } from "../instance/owner.ts";
import { instancePaths, STORE_VARIABLE, storePath } from "../instance/paths.ts";
import { readJsonFile, writeJsonFile } from "../platform/files/json_file.ts";
import { removeIfPresent } from "../platform/files/remove_if_present.ts";
import { shellWord } from "../text/shell_word.ts";

/** Where the managed binaries of an instance may be. */
export interface StorePlace {
  /** The instance's home. */
  home: string;
  cwd: string;
  /** The caller's `HOME` and `STIGMER_STORE`. */
  env: Readonly<Record<string, string | undefined>>;
}

/** The folders in which managed binaries are found: the home's own `bin`, then the store of this user. */
export function binaryFolders({ home, env, cwd }: StorePlace): string[] {
  return [...new Set([instancePaths(home).binDir, storePath(home, env, cwd)])];
}

/**
 * The folder that installs go to: the store of this user. Where that cannot be created or written to (a service often
 * has a `HOME` that does not exist), it is the home's own `bin`, unless `STIGMER_STORE` names the store.
 *
 * @throws {LocalError} `install-failed` if other users can write to the folder that `STIGMER_STORE` names
 */
export function installFolder(place: StorePlace): string {
  const { home, env, cwd } = place;
  const store = storePath(home, env, cwd);
  const own = instancePaths(home).binDir;
  if (env[STORE_VARIABLE]) {
    const fault = folderFault(store);
    if (fault === null) return store;
    throw new LocalError("install-failed", `Cannot use ${store} as the store of binaries: ${fault}`, {
      hint: `\`chmod go-w ${shellWord(store)}\` if it is yours, or choose another folder with ${STORE_VARIABLE}`,
      facts: { path: store },
    });
  }
  const isUsable = orNull(() => {
    mkdirSync(store, { recursive: true, mode: 0o700 });
    accessSync(store, constants.W_OK);
    return folderFault(store) === null;
  });
  return isUsable === true ? store : own;
}

/**
 * Why binaries in `folder` must not be run: a user who can write there decides what runs. Null if they may be, and if
 * there is no such folder.
 */
export function folderFault(folder: string): string | null {
  const info = orNull(() => statSync(folder));
  if (info === null) return null; // nothing in it can be run
  const uid = process.geteuid?.() ?? 0;
  if (info.uid !== uid && info.uid !== 0) return `its directory belongs to ${userName(info.uid)}`;
  return (info.mode & 0o022) === 0 ? null : "other users may write to its directory";
}

const MAX_BYTES = 4096;

/** The version that serves in place of `version`, which could not be downloaded into the store `folder`; null = none. */
export function standInFor(version: string, folder: string): string | null {
  const { insteadOf, version: standIn } = readJsonFile(standInPath(folder), MAX_BYTES);
  return insteadOf === version && typeof standIn === "string" && isVersion(standIn) ? standIn : null;
}

/** Keeps that `standIn` serves in place of `version`, so that later starts do not ask the network again. */
export function keepStandIn(version: string, standIn: string, folder: string): void {
  writeJsonFile(standInPath(folder), { insteadOf: version, version: standIn });
}

/** Forgets the version that serves in place of `version`, which is installed now. */
export function forgetStandIn(version: string, folder: string): void {
  if (standInFor(version, folder) !== null) removeIfPresent(standInPath(folder));
}

function standInPath(folder: string): string {
  return `${folder}/instead.json`;
}
