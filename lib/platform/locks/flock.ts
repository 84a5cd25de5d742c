import { openLibc } from "./libc_deno.ts";

/**
 * Takes an exclusive flock(2) on the open file `fd` without waiting; false if it is held elsewhere. The lock belongs to
 * the open file description (flock(2)), so a helper process that inherits the descriptor can take it, and this process
 * still holds it after the helper exits. Deno calls flock through FFI.
 *
 * @param path Path of the file, for messages.
 * @throws {LocalError} `lock-failed` if locking fails: no helper program, or a file system without locks
 */
export async function takeFlock(fd: number, path: string): Promise<boolean> {
  const libc = openLibc();
  if (libc !== null) {
    const answer = libc.tryFlock(fd);
    libc.unload();
    if (answer !== "failed") return answer === "taken"; // the helper reports why it failed
  }
  const { flockByHelper } = await import("./flock_helpers.ts");
  return await flockByHelper(fd, path);
}
