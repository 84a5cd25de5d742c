import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { LocalError, systemErrorCode } from "../../errors/local_error.ts";
import { orNull } from "../../errors/system_error.ts";

/**
 * A short path to the socket `name` in `home`, whose own path is too long for the kernel. On Linux through the opened
 * folder, `/proc/self/fd/N/NAME`, which leaves nothing behind; elsewhere through a symbolic link in a private folder.
 *
 * @throws {LocalError} `home-unusable` if the home can't be opened, or the private folder is accessible to other users
 */
export function shortSocketPath(home: string, name: string, platform: string): SocketPath {
  return platform === "linux" ? throughDescriptor(home, name) : throughLink(home, name);
}

function throughDescriptor(home: string, name: string): SocketPath {
  let fd: number;
  try {
    fd = openSync(home, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    throw unusable(home, `Cannot open ${home}: ${systemErrorCode(error)}`, error);
  }
  return { path: `/proc/self/fd/${fd}/${name}`, close: () => closeSync(fd) };
}

/**
 * `<temporary>/stigmer-<uid>/<hash of the home>/NAME`, where the hash is a link to the home, kept for later calls.
 * Every user can write to the temporary folder, so `stigmer-<uid>` must be a real folder, owned by this user and closed
 * to others: else another user could redirect clients to a socket of theirs.
 *
 * @param temporary Must be short; `$TMPDIR` of macOS has 50 bytes. @default {"/tmp"}
 * @throws {LocalError} `home-unusable`
 */
export function throughLink(home: string, name: string, temporary = "/tmp"): SocketPath {
  try {
    const real = realpathSync(home);
    const folder = privateFolder(home, temporary);
    const link = join(folder, createHash("sha256").update(real).digest("hex").slice(0, 16));
    if (orNull(() => readlinkSync(link)) !== real) {
      const temporary = `${link}.${crypto.randomUUID().slice(0, 8)}`;
      symlinkSync(real, temporary);
      renameSync(temporary, link); // also over one that a concurrent process has made
    }
    return { path: join(link, name), close: () => {} };
  } catch (error) {
    if (error instanceof LocalError) throw error;
    throw unusable(home, `Cannot create a short path to ${home} in ${temporary}: ${systemErrorCode(error)}`, error);
  }
}

function privateFolder(home: string, temporary: string): string {
  const uid = process.geteuid?.() ?? -1;
  const folder = join(temporary, `stigmer-${uid}`);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (systemErrorCode(error) !== "EEXIST") throw error;
  }
  const info = lstatSync(folder);
  if (info.isDirectory() && info.uid === uid && (info.mode & 0o077) === 0) return folder;
  throw unusable(home, `Cannot use ${folder} for a short path to ${home}: it is not a private directory of this user`);
}

function unusable(home: string, message: string, cause?: unknown): LocalError {
  return new LocalError("home-unusable", message, {
    hint: "Choose a shorter --home",
    facts: { home },
    cause,
  });
}

/** A path to bind or connect a Unix socket, valid until it is closed. */
export interface SocketPath {
  path: string;
  /** Releases what the path needs (an open folder). Call after bind or connect. */
  close(): void;
}
