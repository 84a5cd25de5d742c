import { closeSync, existsSync, mkdirSync, type Stats, statSync, writeFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { LocalError, systemErrorCode } from "../errors/local_error.ts";
import { limitHint, writeFault } from "../errors/system_error.ts";
import { networkFileSystem } from "../platform/files/network_file_system.ts";
import { openUnlinked } from "../platform/files/unlinked_file.ts";
import { ownerFault } from "./owner.ts";
import { PROJECT_FILE_NAME } from "./paths.ts";

/** Size of the trial write: one block of most file systems. */
const TRIAL_BYTES = 4096;

/**
 * Creates the folder at `path`, an absolute path, and its missing parents (mode 0700), or checks the existing one. Within a
 * project, git ignores what is in it.
 * Anyone who can write to the home decides what is launched and which processes are signalled, so only its owner may.
 *
 * @returns warnings about a home that is usable nonetheless
 * @throws {LocalError} `home-unusable` when `path` is not a folder, belongs to another user (for root too), is writable
 * by group or others, is on a read-only or full file system, or can't be created
 */
export function prepareHome(path: string): string[] {
  try {
    return prepare(path);
  } catch (error) {
    throw error instanceof LocalError ? error : explain(path, error);
  }
}

function prepare(path: string): string[] {
  if (statOf(path) === null) make(path);
  const info = statSync(path);
  if (!info.isDirectory()) throw unusable(path, "it is not a directory", "Choose another directory with --home");
  const uid = process.geteuid?.() ?? -1;
  const fault = ownerFault(path, info, uid);
  if (fault !== null) throw unusable(path, `it ${fault.reason}`, fault.remedy);
  tryToWrite(path);
  if (isInProject(path)) ignoreInGit(path);
  const warnings: string[] = [];
  const network = networkFileSystem(path);
  if (network !== null) {
    warnings.push(
      `${path} is on a network file system (${network}), where file locks may not work; choose a --home on a local disk`,
    );
  }
  const user = process.env["SUDO_USER"];
  // sudo keeps $HOME in some configurations, and with -E.
  if (uid === 0 && user !== undefined && user !== "root" && (statOf(dirname(path))?.uid ?? 0) !== 0) {
    warnings.push(`${path} belongs to root now, and ${user} cannot use it: run this without sudo`);
  }
  return warnings;
}

function statOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return null;
    throw error;
  }
}

/**
 * Creates the folder and its parents one by one. Under Node, `mkdirSync(…, { recursive: true })` reports ENOENT on a
 * read-only file system, and never returns where the kernel fails mkdir(2) with ENOENT, as in `/proc`.
 */
function make(folder: string): void {
  if (statOf(dirname(folder)) === null) make(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // A concurrent `start` may have created it. A dangling symbolic link fails with EEXIST too.
    if (systemErrorCode(error) !== "EEXIST" || statOf(folder) === null) throw error;
  }
}

/**
 * Tries a write to an unlinked file. Deno's `access` compares permission bits and misses a read-only file system, and
 * only a write reveals a full disk or an exceeded quota.
 */
function tryToWrite(path: string): void {
  const fd = openUnlinked(path);
  try {
    writeSync(fd, new Uint8Array(TRIAL_BYTES));
  } finally {
    closeSync(fd);
  }
}

/** Whether a project file lies beside the home, or above it. */
function isInProject(home: string): boolean {
  for (let folder = dirname(home);; folder = dirname(folder)) {
    if (existsSync(join(folder, PROJECT_FILE_NAME))) return true;
    if (folder === dirname(folder)) return false;
  }
}

/** Writes a `.gitignore` into the home that ignores everything in it, itself included; keeps an existing one. */
function ignoreInGit(home: string): void {
  try {
    writeFileSync(join(home, ".gitignore"), "# Written by stigmer-local: all of this belongs to one machine.\n*\n", {
      flag: "wx",
      mode: 0o600,
    });
  } catch (error) {
    if (systemErrorCode(error) !== "EEXIST") throw error;
  }
}

/** What these codes of mkdir(2) say here, which follows links. */
const REASONS = {
  EEXIST: "it is a dangling symbolic link",
  ELOOP: "too many levels of symbolic links",
  ENOENT: "no directory can be created there",
};
const HINTS: Readonly<Record<string, string>> = {
  EROFS: "Choose a writable --home",
  ENOSPC: "Free some space, or choose another --home",
  EDQUOT: "Free some space, or choose another --home",
  EACCES: "Choose a --home of your own",
  EPERM: "Choose a --home of your own",
  EEXIST: "Remove the link, or choose another --home",
  ENAMETOOLONG: "Choose a shorter --home",
};

function explain(path: string, error: unknown): LocalError {
  const code = systemErrorCode(error);
  if (code === undefined) throw error;
  return unusable(path, writeFault(code, REASONS), HINTS[code] ?? limitHint(code) ?? "Choose another --home", error);
}

function unusable(path: string, reason: string, hint: string, cause?: unknown): LocalError {
  const code = systemErrorCode(cause);
  return new LocalError("home-unusable", `Cannot use ${path} as home: ${reason}`, {
    hint,
    facts: { home: path, ...(code === undefined ? {} : { systemError: code }) },
    cause,
  });
}
