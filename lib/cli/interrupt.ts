import { LocalError } from "../errors/local_error.ts";
import type { Host } from "../platform/runtime/host.ts";

/** 128 + the signal's number, as in a shell. */
const EXIT_CODES: Readonly<Record<string, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/**
 * Runs `work` with a signal that aborts on SIGINT, SIGTERM and SIGHUP, so that it can clean up.
 *
 * @param state The outcome that the error names: `no backup was written`.
 * @throws {LocalError} `interrupted`, as the reason of the signal
 */
export async function withInterrupt<T>(
  host: Host,
  state: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const interrupt = new AbortController();
  const stopListening = host.onSignal(["SIGINT", "SIGTERM", "SIGHUP"], (name) => {
    const exitCode = EXIT_CODES[name] ?? 1;
    interrupt.abort(new LocalError("interrupted", `Interrupted (${name}): ${state}`, { exitCode }));
  });
  return await work(interrupt.signal).finally(stopListening);
}
