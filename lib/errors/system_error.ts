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

/**
 * Why a file or directory could not be created or written, by the code of the system's error; the code itself if there
 * are no words for it.
 *
 * @param special Words that fit the caller's system call better.
 */
export function writeFault(code: string, special: Readonly<Record<string, string>> = {}): string {
  return special[code] ?? REASONS[code] ?? code;
}
