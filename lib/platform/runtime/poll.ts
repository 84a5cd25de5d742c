import { delay } from "./delay.ts";

/** How {@linkcode poll} waits. */
export interface PollOptions {
  everyMs: number;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  /** The clock. @default the real one */
  clock?: { nowMs(): number; delay(ms: number, signal?: AbortSignal): Promise<void> };
}

/**
 * Calls `look` at once and then every `everyMs`, until it returns something other than null.
 *
 * @returns what `look` returned; null after `timeoutMs`
 * @throws what `look` throws, and the reason of `signal` as soon as it aborts
 */
export async function poll<T>(look: () => T | null | Promise<T | null>, options: PollOptions): Promise<T | null> {
  const { everyMs, timeoutMs, signal, clock = { nowMs: () => performance.now(), delay } } = options;
  const giveUpAt = clock.nowMs() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== null || clock.nowMs() >= giveUpAt) return found;
    await clock.delay(everyMs, signal);
  }
}
