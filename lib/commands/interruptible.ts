import { LocalError } from "../core/local_error.ts";
import type { Host } from "../system/host.ts";

/** Ctrl-C reaches our helpers too, and may end one before it reaches us: a failure waits so long for its cause, in ms. */
const SIGNAL_MS = 50;

/**
 * Does `work`, until SIGINT or SIGTERM: the command ends then, with 130 or 143, and says what goes on without it.
 *
 * @param work Is to call `goesOn` before it hands over to a supervisor, which goes on whatever happens here.
 * @throws {LocalError} `interrupted`
 */
export async function interruptible<T>(
  host: Host,
  home: string,
  work: (goesOn: () => void) => Promise<T>,
): Promise<T> {
  let isHandedOver = false;
  let stopListening = () => {};
  const interrupted = new Promise<never>((_, reject) => {
    stopListening = host.onSignal(["SIGINT", "SIGTERM"], (signal) => reject(interruption(signal, isHandedOver, home)));
  });
  const done = work(() => isHandedOver = true).catch(async (error: unknown) => {
    await Promise.race([interrupted, new Promise<void>((resolve) => host.after(SIGNAL_MS, resolve))]);
    throw error;
  });
  try {
    return await Promise.race([done, interrupted]);
  } finally {
    stopListening();
  }
}

function interruption(signal: string, isHandedOver: boolean, home: string): LocalError {
  const goesOn = isHandedOver ? "the supervisor goes on bringing Temporal up in the background" : "nothing was started";
  return new LocalError("interrupted", `Interrupted (${signal}): ${goesOn}`, {
    hint: isHandedOver
      ? "`stigmer-local wait` waits for it, `stigmer-local stop` ends it"
      : "`stigmer-local status` tells what is there",
    exitCode: signal === "SIGINT" ? 130 : 143,
    facts: { home },
  });
}
