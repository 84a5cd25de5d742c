import { mkdirSync, readdirSync, realpathSync, statSync } from "node:fs";
import { orNull } from "../../errors/system_error.ts";
import { writeAtomically } from "../../platform/files/atomic_file.ts";
import { readJsonFile } from "../../platform/files/json_file.ts";
import { removeQuietly } from "../../platform/files/remove_if_present.ts";
import type { Host } from "../../platform/runtime/host.ts";
import { isOwnHome } from "../owner.ts";
import { entryName, isEntryName, isTemporaryName, MAX_ENTRY_BYTES, readEntry, type RegistryEntry } from "./entry.ts";

/** A look at the registry reads no more entries than this. */
const MAX_ENTRIES = 1000;

/** More entries than this are worth a look for those of homes that are gone. */
const MANY_ENTRIES = 50;

/** A temporary file of a writer that was killed is removed when it is older than this, in ms. */
const STALE_MS = 60_000;

type Owner = Pick<Host, "env" | "uid" | "folderOwner">;

/**
 * The folder of the registry, `~/.stigmer/instances`: a file for each instance of this user, named by a hash of the real
 * path of its home. Null where this user has no home directory, or where others may write to it: what they say is not read.
 *
 * @param creates Create it where it is missing, in a home directory of this user.
 * @throws the system's error, if it cannot be created
 */
export function registryFolder(host: Owner, creates = false): string | null {
  const { env, uid, folderOwner } = host;
  const userHome = env["HOME"] ?? "";
  if (!userHome.startsWith("/")) return null;
  let mayCreate = creates && folderOwner(userHome)?.uid === uid;
  for (const path of [`${userHome}/.stigmer`, `${userHome}/.stigmer/instances`]) {
    if (mayCreate && folderOwner(path) === null) mkdirSync(path, { mode: 0o700 });
    if (!isOwnHome(host, path)) return null;
    mayCreate = creates;
  }
  return `${userHome}/.stigmer/instances`;
}

/**
 * Writes an entry, whole or not at all, unless there is one and `isNew` is false. Does nothing without a registry.
 *
 * @throws the system's error
 */
export function writeEntry(host: Owner & Pick<Host, "exists">, entry: RegistryEntry, isNew: boolean): void {
  const folder = registryFolder(host, true);
  if (folder === null) return;
  const path = `${folder}/${entryName(entry.home)}`;
  if (!isNew && host.exists(path)) return;
  writeAtomically(path, JSON.stringify({ schema: 1, ...entry }) + "\n", 0o600, false); // what it says is checked
}

/** Removes the entry of the home with this real path, if there is one and the system allows it. */
export function removeEntry(host: Owner, home: string): void {
  const folder = orNull(() => registryFolder(host));
  if (folder !== null) removeQuietly(`${folder}/${entryName(home)}`);
}

/** {@linkcode readRegistry} for what it removes, if there is much: homes may come and go without a look at the registry. */
export function sweepRegistry(host: Owner): void {
  const folder = registryFolder(host);
  if (folder !== null && namesIn(folder).length > MANY_ENTRIES) readRegistry(host);
}

/**
 * The instances in the registry whose homes are folders of this user that no other may write to. Removes what is no entry
 * of an existing home: written halfway, under the name of another home, or of a home that is gone or was replaced by a link.
 */
export function readRegistry(host: Owner): RegistryEntry[] {
  const folder = registryFolder(host);
  if (folder === null) return [];
  const found: RegistryEntry[] = [];
  const names = namesIn(folder);
  for (const path of names.filter(isTemporaryName).map((name) => `${folder}/${name}`)) {
    if (isStale(path)) removeQuietly(path);
  }
  for (const name of names.filter(isEntryName).slice(0, MAX_ENTRIES)) {
    const path = `${folder}/${name}`;
    const entry = readEntry(readJsonFile(path, MAX_ENTRY_BYTES));
    if (entry === null || entryName(entry.home) !== name || realPath(entry.home) !== entry.home) {
      removeQuietly(path); // whatever it was, a supervisor that runs writes its own again
      continue;
    }
    if (isOwnHome(host, entry.home)) found.push(entry);
  }
  return found;
}

/** The real path of what is at `path`; null if there is nothing that this user can reach. */
export function realPath(path: string): string | null {
  return orNull(() => realpathSync(path));
}

function namesIn(folder: string): string[] {
  return orNull(() => readdirSync(folder)) ?? [];
}

function isStale(path: string): boolean {
  const modifiedMs = orNull(() => statSync(path).mtimeMs);
  return modifiedMs !== null && Date.now() - modifiedMs > STALE_MS;
}
