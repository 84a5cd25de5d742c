import { openLibc } from "./libc_deno.ts";

/**
 * Takes flock(2) on our open file `fd`, exclusive, without waiting: false when another open file has it. The lock belongs
 * to the open file description (flock(2)), so a helper that inherits the descriptor can take it for us, and its end
 * leaves it to us. Deno takes it itself, through FFI.
 *
 * @param path For messages.
 * @throws {LocalError} `lock-failed` when it can't be known: no helper, or no locks on this file system
 */
export async function takeFlock(fd: number, path: string): Promise<boolean> {
  const libc = openLibc();
  if (libc !== null) {
    const answer = libc.tryFlock(fd);
    libc.unload();
    if (answer !== "failed") return answer === "taken"; // else the helper tells why
  }
  const { flockByHelper } = await import("./flock_helpers.ts");
  return await flockByHelper(fd, path);
}
