import { closeSync, mkdirSync, type Stats, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { LocalError, systemErrorCode } from "../errors/local_error.ts";
import { networkFileSystem } from "../platform/files/network_file_system.ts";
import { openUnlinked } from "../platform/files/unlinked_file.ts";
import { shellWord } from "../text/shell_word.ts";

/** What is written to see whether anything can be: a block of most file systems. */
const TRIAL_BYTES = 4096;

/** What is unusual about a home that can be used all the same. */
export interface PreparedHome {
  warnings: string[];
}

/**
 * Makes the folder at `path`, an absolute path, and what is missing above it (mode 0700), or checks the one that is there.
 * Who can write to the home, or owns it, decides what we launch and whom we signal: so it must be ours alone.
 *
 * @throws {LocalError} `home-unusable` when it is no folder, another user's (for root too), open for writing to group or
 * others, on a read-only or full file system, or can't be made
 */
export function prepareHome(path: string): PreparedHome {
  const info = statOf(path) ?? make(path);
  if (!info.isDirectory()) {
    throw unusable(path, "it is not a folder", "Choose another folder with --home");
  }
  const uid = process.geteuid?.() ?? -1;
  if (info.uid !== uid) {
    throw unusable(
      path,
      `it belongs to user ${info.uid}, and we are user ${uid}`,
      `Run this as its owner, or choose another --home`,
    );
  }
  if ((info.mode & 0o022) !== 0) {
    throw unusable(path, "others may write to it", `chmod go-w ${shellWord(path)}`);
  }
  checkWritable(path);
  const network = networkFileSystem(path);
  if (network === null) return { warnings: [] };
  return {
    warnings: [
      `${path} is on a network file system (${network}), where locks may not hold; choose a --home on a local disk`,
    ],
  };
}

function statOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return null;
    throw explain(path, error);
  }
}

/**
 * Makes the folder and its parents, one by one. `mkdirSync(…, { recursive: true })` says ENOENT on a read-only file
 * system under Node, and never returns where the kernel itself answers ENOENT to mkdir(2), as in `/proc`.
 */
function make(path: string): Stats {
  const missing = [path];
  let parent = dirname(path);
  while (statOf(parent) === null && parent !== dirname(parent)) {
    missing.unshift(parent);
    parent = dirname(parent);
  }
  try {
    for (const folder of missing) makeOne(folder);
    return statSync(path);
  } catch (error) {
    throw explain(path, error);
  }
}

function makeOne(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another `start` may have made it just now; a link that leads nowhere says the same.
    if (systemErrorCode(error) !== "EEXIST" || statOf(folder) === null) throw error;
  }
}

/**
 * Writes a little to a file without a name: the one way to know. Deno's `access` compares permission bits and does not notice a
 * read-only file system, and only a write meets a full disk or a used-up quota.
 */
function checkWritable(path: string): void {
  try {
    const fd = openUnlinked(path);
    try {
      writeSync(fd, new Uint8Array(TRIAL_BYTES));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw explain(path, error);
  }
}

const REASONS: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  EROFS: ["its file system is read-only", "Choose a --home that can be written to"],
  ENOSPC: ["no space is left on its file system", "Free some space, or choose another --home"],
  EDQUOT: ["your quota on its file system is used up", "Free some space, or choose another --home"],
  EACCES: ["permission denied", "Choose a --home of your own"],
  EPERM: ["the system does not permit it", "Choose a --home of your own"],
  ENOTDIR: ["a part of the path is not a folder", "Choose another --home"],
  EEXIST: ["a link that leads nowhere stands there", "Remove the link, or choose another --home"],
  ELOOP: ["its symbolic links lead in a circle", "Choose another --home"],
  ENAMETOOLONG: ["the path is too long", "Choose a shorter --home"],
  ENOENT: ["no folder can be made there", "Choose another --home"],
};

function explain(path: string, error: unknown): LocalError {
  const code = systemErrorCode(error);
  if (code === undefined) throw error;
  const [reason, hint] = REASONS[code] ?? [code, "Choose another --home"];
  return unusable(path, reason, hint, error);
}

function unusable(path: string, reason: string, hint: string, cause?: unknown): LocalError {
  const code = systemErrorCode(cause);
  return new LocalError("home-unusable", `Cannot use ${path} as home: ${reason}`, {
    hint,
    facts: { home: path, ...(code === undefined ? {} : { systemError: code }) },
    ...(cause === undefined ? {} : { cause }),
  });
}
