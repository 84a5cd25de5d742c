import { closeSync, constants, fstatSync, lstatSync, openSync, statSync } from "node:fs";
import process from "node:process";
import { LocalError, systemErrorCode } from "../../errors/local_error.ts";
import { isDeno } from "../runtime/host.ts";
import { ownDescriptors } from "../spawn/close_on_exec.ts";
import { takeFlock } from "./flock.ts";
import { openLibc } from "./libc_deno.ts";

/** A lock that we hold: flock(2) on an open file. A process that inherits the descriptor holds it too. */
export interface LockFile {
  readonly path: string;
  readonly fd: number;
  /** What stands at the path now: the file that we hold, nothing, or another. */
  isCurrent(): "ours" | "missing" | "replaced";
  /** Closes our descriptor: the lock is free when nobody else holds it. Safe to call twice. */
  close(): void;
}

/** A file, whatever its names. */
interface FileIdentity {
  dev: bigint;
  ino: bigint;
}

/** `O_EXLOCK` of macOS' sys/fcntl.h; Node's constants don't have it. */
const O_EXLOCK = 0x20;

/**
 * Takes the lock on the file at `path`, which is made (mode 0600) when it is not there. Null when somebody else holds
 * it. Never waits, and never removes the file: who opened it before would hold a lock that nobody else can see.
 *
 * @param platform As `process.platform` names it.
 * @throws {LocalError} `lock-failed` when the path is no regular file or can't be opened, or locks don't work there
 */
export async function tryLock(path: string, platform: string = process.platform): Promise<LockFile | null> {
  for (;;) {
    const fd = platform === "darwin" ? openLocked(path) : openLock(path);
    if (fd === null) return null;
    try {
      if (platform !== "darwin" && !(await takeFlock(fd, path))) {
        closeSync(fd);
        return null;
      }
      const lock = holding(fd, path, identityOfDescriptor(fd), () => closeSync(fd));
      // Between open and flock the file may have been deleted, or another put in its place: then that one is the lock.
      if (lock.isCurrent() === "ours") return lock;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    closeSync(fd);
  }
}

/**
 * The lock that we inherited as descriptor `fd`.
 *
 * @throws {LocalError} `lock-failed` when the descriptor is not open, or leads to another file than `path` does (the
 * fact `isReplaced`: that file was deleted or replaced meanwhile)
 */
export function adoptLock(fd: number, path: string): LockFile {
  let identity: FileIdentity;
  try {
    identity = identityOfDescriptor(fd);
  } catch (error) {
    throw failed(path, `descriptor ${fd}, which should hold it, is not open`, "", error);
  }
  const lock = holding(fd, path, identity, () => closeInherited(fd, identity));
  if (lock.isCurrent() !== "ours") {
    throw failed(path, `descriptor ${fd} holds another file`, "", undefined, { isReplaced: true });
  }
  return lock;
}

/**
 * Opens the lock file at `path`, made when it is not there, without locking it.
 *
 * @throws {LocalError} `lock-failed`
 */
export function openLock(path: string): number {
  return openFile(path, 0);
}

/** macOS has no flock(1), and locks with open(2). Null when it is held. */
function openLocked(path: string): number | null {
  try {
    return openFile(path, O_EXLOCK | constants.O_NONBLOCK);
  } catch (error) {
    const code = error instanceof LocalError ? systemErrorCode(error.cause) : undefined;
    if (code === "EAGAIN" || code === "EWOULDBLOCK") return null;
    throw error;
  }
}

const HINTS: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  ELOOP: ["a symbolic link stands there", "Remove the link"],
  EISDIR: ["a folder stands there", "Remove the folder"],
  ENXIO: ["a socket or pipe stands there", "Remove it"],
  ENOENT: ["its folder does not exist", "Check --home"],
  ENOTDIR: ["a part of its path is not a folder", "Check --home"],
  EACCES: ["permission denied", "Check the owner and permissions of the file and of --home"],
  EROFS: ["the file system is read-only", "Choose another --home"],
  ENOSPC: ["no space is left", "Free some space, or choose another --home"],
  EOPNOTSUPP: ["the file system has no locks", "Choose a --home on a local disk"],
};

function openFile(path: string, more: number): number {
  let fd: number;
  try {
    // Both runtimes add O_CLOEXEC.
    fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | more, 0o600);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    const [reason, hint] = HINTS[code] ?? [code, "Check --home"];
    throw failed(path, reason, hint, error);
  }
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw failed(path, "it is not a regular file", "Remove it");
}

function holding(fd: number, path: string, identity: FileIdentity, close: () => void): LockFile {
  let isOpen = true;
  return {
    path,
    fd,
    isCurrent: () => {
      const info = lookAt(path);
      if (info === null) return "missing";
      return isSame(info, identity) ? "ours" : "replaced";
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
    const code = systemErrorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw error;
  }
}

/** Deno's node:fs knows only descriptors that it opened itself (EBADF for others); the system shows them all. */
function identityOfDescriptor(fd: number): FileIdentity {
  return isDeno ? statSync(`${ownDescriptors()}/${fd}`, { bigint: true }) : fstatSync(fd, { bigint: true });
}

/**
 * Under Deno an inherited descriptor is no file of node:fs's, or (when a Deno passed it) one under that number is a copy of
 * it. Without FFI the descriptor stays open then, to the end of this process.
 */
function closeInherited(fd: number, identity: FileIdentity): void {
  try {
    closeSync(fd);
  } catch (error) {
    if (!isDeno) throw error;
  }
  if (!isDeno || !stillLeadsTo(fd, identity)) return;
  const libc = openLibc();
  libc?.close(fd);
  libc?.unload();
}

function stillLeadsTo(fd: number, identity: FileIdentity): boolean {
  try {
    return isSame(identityOfDescriptor(fd), identity);
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return false;
  }
}

function isSame(a: FileIdentity, b: FileIdentity): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

function failed(path: string, reason: string, hint: string, cause?: unknown, facts = {}): LocalError {
  const code = systemErrorCode(cause);
  return new LocalError("lock-failed", `Cannot lock ${path}: ${reason}`, {
    facts: { path, ...(code === undefined ? {} : { systemError: code }), ...facts },
    ...(hint === "" ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}
