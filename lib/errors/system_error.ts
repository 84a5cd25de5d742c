import { systemErrorCode } from "./local_error.ts";

/** What the codes of open(2), mkdir(2) and write(2) say about a file or directory that could not be created or written. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EDQUOT: "disk quota exceeded",
  EISDIR: "it is a directory",
  ELOOP: "it is a symbolic link",
  ENAMETOOLONG: "the path is too long",
  ENOENT: "its directory does not exist",
  ENOSPC: "no space left on its file system",
  ENOTDIR: "a parent in the path is not a directory",
  ENXIO: "it is a socket or pipe",
  EPERM: "operation not permitted",
  EROFS: "its file system is read-only",
};

/** A limit of the process or the machine that is reached: what that means, and what helps. */
const LIMITS: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  EAGAIN: ["no more processes can be started", "End some processes, or raise their limit (`ulimit -u`)"],
  EFBIG: ["files may not become this large", "Raise the limit (`ulimit -f`)"],
  EMFILE: ["this process may not open more files", "Raise the limit (`ulimit -n`)"],
  ENFILE: ["the machine cannot open more files", "End some processes, or raise the limit of the kernel"],
  ENOMEM: ["not enough memory", "Free some memory"],
};

/**
 * Why a file or directory could not be created or written, by the code of the system's error; the code itself if there
 * are no words for it.
 *
 * @param special Words that fit the caller's system call better.
 */
export function writeFault(code: string, special: Readonly<Record<string, string>> = {}): string {
  return special[code] ?? REASONS[code] ?? LIMITS[code]?.[0] ?? code;
}

/** What helps where a limit of the process or the machine is reached; undefined for any other error of the system. */
export function limitHint(code: string | undefined): string | undefined {
  return LIMITS[code ?? ""]?.[1];
}

/** What `call` returns; null where the system refuses it, for what is not worth an error. */
export function orNull<Result>(call: () => Result): Result | null {
  try {
    return call();
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return null;
  }
}

/** Whether an error says that there is no such file or folder. */
export function isMissing(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR"].includes(systemErrorCode(error) ?? "");
}

/**
 * Whether `error` is the system's error `errno`, which the runtime does not know by name: Node calls it `Unknown system
 * error -102`, Deno's has no code but ends in `(os error 102)`.
 */
export function isUnnamedErrno(error: unknown, errno: number): boolean {
  return error instanceof Error &&
    (error.message.includes(`Unknown system error -${errno}`) || error.message.includes(`(os error ${errno})`));
}
