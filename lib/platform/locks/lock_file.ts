import { closeSync, constants, fstatSync, lstatSync, openSync } from "node:fs";
import process from "node:process";
import { systemErrorCode } from "../../errors/local_error.ts";
import { isMissing } from "../../errors/system_error.ts";
import { type FileIdentity, identityOfDescriptor, isSameFile } from "../files/file_identity.ts";
import { isDeno } from "../runtime/host.ts";
import { takeFlock } from "./flock.ts";
import { openLibrary } from "./libc_deno.ts";
import { lockFailed, openRefused } from "./lock_failure.ts";

/** A lock held by this process: flock(2) on an open file. A process that inherits the descriptor holds it too. */
export interface LockFile {
  readonly path: string;
  readonly fd: number;
  /** Whether the path still leads to the locked file, to nothing, or to another file. */
  isCurrent(): "ours" | "missing" | "replaced";
  /** Closes the descriptor, which releases the lock unless another process inherited it. Safe to call twice. */
  close(): void;
}

/** With it, open(2) of macOS, which has no flock(1), locks (sys/fcntl.h); Node's constants don't have it. */
export const O_EXLOCK = 0x20;

type OpenFile = (path: string, flags: number, mode: number) => number;

/** What {@linkcode tryLock} works with; tests replace it. */
export interface LockMeans {
  /** As `process.platform` names it. */
  platform?: string;
  /** Returns the identity of an open file. */
  identify?: (fd: number) => FileIdentity;
  open?: OpenFile;
  close?: (fd: number) => void;
}

/** How often a lock file may be deleted or replaced between open and flock before {@linkcode tryLock} fails. */
const MAX_ROUNDS = 100;

/**
 * Takes the lock on the file at `path`, which is created (mode 0600) if missing. Null if another process holds it.
 * Never waits, and never deletes the file: a process that had opened it before would then hold a lock on a file that no
 * other process can find.
 *
 * @throws {LocalError} `lock-failed` if the path is not a regular file, can't be opened, is on a file system without
 * locks, or leads to another file than the locked one after each of 100 attempts
 */
export async function tryLock(
  path: string,
  { platform = process.platform, identify = identityOfDescriptor, open = openSync, close = closeSync }: LockMeans = {},
): Promise<LockFile | null> {
  let locked: FileIdentity | null = null;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const fd = openLock(path, platform === "darwin" ? O_EXLOCK | constants.O_NONBLOCK : 0, open);
    if (fd === null) return null;
    let isKept = false;
    try {
      if (platform !== "darwin" && !(await takeFlock(fd, path))) return null;
      locked = identify(fd);
      const lock = holding(fd, path, locked, () => close(fd));
      // If the file was deleted or replaced between open and flock, the new file is the lock.
      isKept = lock.isCurrent() === "ours";
      if (isKept) return lock;
    } finally {
      if (!isKept) close(fd);
    }
  }
  throw lockFailed(path, `the locked file and the file at the path still differ after ${MAX_ROUNDS} attempts`, {
    hint:
      "Another process keeps replacing the file, or its file system reports changing numbers: end it, or choose another --home",
    facts: { locked: written(locked), onPath: written(lookAt(path)) },
  });
}

/**
 * The lock inherited as descriptor `fd`.
 *
 * @throws {LocalError} `lock-failed` if the descriptor is not open, or refers to another file than `path` (fact
 * `isReplaced`: the file was deleted or replaced meanwhile)
 */
export function adoptLock(
  fd: number,
  path: string,
  identify: (fd: number) => FileIdentity = identityOfDescriptor,
): LockFile {
  let identity: FileIdentity;
  try {
    identity = identify(fd);
  } catch (cause) {
    throw lockFailed(path, `descriptor ${fd}, which should be inherited, is not open`, { cause });
  }
  const lock = holding(fd, path, identity, () => closeInherited(fd));
  if (lock.isCurrent() !== "ours") {
    throw lockFailed(path, `descriptor ${fd} refers to another file`, { facts: { isReplaced: true } });
  }
  return lock;
}

/**
 * Opens the lock file at `path`, with `more` flags; creates it if missing. Null if {@linkcode O_EXLOCK} is among them and
 * the lock is held.
 *
 * @throws {LocalError} `lock-failed`
 */
export function openLock(path: string, more = 0, open: OpenFile = openSync): number | null {
  let fd: number;
  try {
    // Both runtimes add O_CLOEXEC.
    fd = open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | more, 0o600);
  } catch (error) {
    if (more !== 0 && ["EAGAIN", "EWOULDBLOCK"].includes(systemErrorCode(error) ?? "")) return null;
    throw openRefused(error, path);
  }
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw lockFailed(path, "it is not a regular file", { hint: "Remove it" });
}

function holding(fd: number, path: string, identity: FileIdentity, close: () => void): LockFile {
  let isOpen = true;
  return {
    path,
    fd,
    isCurrent: () => {
      const info = lookAt(path);
      if (info === null) return "missing";
      return isSameFile(info, identity) ? "ours" : "replaced";
    },
    close: () => {
      if (isOpen) close();
      isOpen = false;
    },
  };
}

function lookAt(path: string): FileIdentity | null {
  try {
    return lstatSync(path, { bigint: true });
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Deno's node:fs does not know an inherited descriptor. Without FFI it then stays open until this process exits. */
function closeInherited(fd: number): void {
  if (!isDeno) return closeSync(fd);
  const libc = openLibrary({ close: { parameters: ["i32"], result: "i32" } });
  libc?.symbols.close(fd);
  libc?.close();
}

/** An identity as a fact of an error, which JSON can hold. */
function written(identity: FileIdentity | null): string | null {
  return identity === null ? null : `device ${identity.dev ?? "unknown"}, inode ${identity.ino}`;
}
