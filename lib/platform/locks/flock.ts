import { ERRNO, errnoAt, openLibrary } from "./libc_deno.ts";

const LOCK_EX = 2;
const LOCK_NB = 4;
const EWOULDBLOCK = 11;

/**
 * Takes an exclusive flock(2) on the open file `fd` without waiting; false if it is held elsewhere. The lock belongs to
 * the open file description (flock(2)), so a helper process that inherits the descriptor can take it, and this process
 * still holds it after the helper exits. Deno calls flock through FFI.
 *
 * @param path Path of the file, for messages.
 * @throws {LocalError} `lock-failed` if locking fails: no helper program, or a file system without locks
 */
export async function takeFlock(fd: number, path: string): Promise<boolean> {
  const isTaken = flockByLibrary(fd);
  if (isTaken !== null) return isTaken;
  const { flockByHelper } = await import("./flock_helpers.ts");
  return await flockByHelper(fd, path);
}

/** Null without FFI, and if it fails for another reason than a lock that is held, which the helper then reports. */
function flockByLibrary(fd: number): boolean | null {
  const libc = openLibrary({ flock: { parameters: ["i32", "i32"], result: "i32" }, errno: ERRNO });
  if (libc === null) return null;
  const { flock, errno } = libc.symbols;
  const isTaken = flock(fd, LOCK_EX | LOCK_NB) === 0;
  const isHeld = !isTaken && errnoAt(errno()) === EWOULDBLOCK;
  libc.close();
  return isTaken || isHeld ? isTaken : null;
}
