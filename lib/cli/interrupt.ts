import { LocalError } from "../errors/local_error.ts";
import type { Host } from "../platform/runtime/host.ts";
import { signalNumber } from "../platform/spawn/signals.ts";

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
    const exitCode = 128 + signalNumber(name, host.platform); // as in a shell
    interrupt.abort(new LocalError("interrupted", `Interrupted (${name}): ${state}`, { exitCode }));
  });
  return await work(interrupt.signal).finally(stopListening);
}
