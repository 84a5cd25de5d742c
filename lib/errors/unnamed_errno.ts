/**
 * Whether `error` is the system's error `errno`, which the runtime does not know by name: Node calls it `Unknown system
 * error -102`, Deno's has no code but ends in `(os error 102)`.
 */
export function isUnnamedErrno(error: unknown, errno: number): boolean {
  return error instanceof Error &&
    (error.message.includes(`Unknown system error -${errno}`) || error.message.includes(`(os error ${errno})`));
}
