import { poll } from "../lib/platform/runtime/poll.ts";

const DEADLINE_MS = 60_000;

/**
 * What `look` finds; asks it every `everyMs` while it finds null.
 *
 * @throws {Error} with `failure` after a minute
 */
export async function until<T>(failure: string, everyMs: number, look: () => T | null | Promise<T | null>): Promise<T> {
  const found = await poll(look, { everyMs, timeoutMs: DEADLINE_MS });
  if (found === null) throw new Error(`${failure} after ${DEADLINE_MS / 1000} s`);
  return found;
}
