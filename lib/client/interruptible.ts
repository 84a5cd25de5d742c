import { askSupervisor } from "../control/client.ts";
import { LocalError } from "../errors/local_error.ts";
import type { Host } from "../platform/runtime/host.ts";
import { poll } from "../platform/runtime/poll.ts";

/**
 * Ctrl-C goes to child processes too, and may kill one before it reaches this process: a failure waits this long for
 * the signal that caused it, in ms.
 */
const SIGNAL_MS = 50;
/** How long to wait for a new supervisor to respond before its state is reported as unknown, in ms. */
const RESPONSE_MS = 5000;
const POLL_MS = 20;

/**
 * Runs `work` until SIGINT or SIGTERM, on which the command fails with exit code 130 or 143 and reports what keeps
 * running. It waits for the supervisor's response before it reports it as running: a process that was only just forked
 * is still in the terminal's foreground group and dies of the same Ctrl-C. A second signal ends that wait.
 *
 * @param work Must call `onHandedOver` before it asks or spawns a supervisor, which then continues without this
 * process, and must start nothing once `signal` aborts. Resolves with null if no supervisor was running.
 * @throws {LocalError} `interrupted`
 */
export async function interruptible<T>(
  host: Host,
  home: string,
  work: (onHandedOver: () => void, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  let isHandedOver = false;
  const signals: string[] = [];
  const cut = new AbortController();
  const pressed = new Promise<void>((resolve) => cut.signal.addEventListener("abort", () => resolve()));
  const interrupted = (remaining: Remaining) => interruption(signals[0]!, remaining, home);
  const stopListening = host.onSignal(["SIGINT", "SIGTERM"], (signal) => {
    signals.push(signal);
    cut.abort(interrupted("nothing"));
  });

  const done = async (): Promise<T> => {
    try {
      const result = await work(() => isHandedOver = true, cut.signal);
      if (result === null) cut.signal.throwIfAborted();
      return result;
    } catch (error) {
      await Promise.race([pressed, new Promise<void>((resolve) => host.after(SIGNAL_MS, resolve))]);
      const isCause = !isHandedOver || (error instanceof LocalError && error.facts["signal"] === signals[0]);
      throw signals.length > 0 && isCause ? interrupted("nothing") : error;
    }
  };
  const cutShort = async (): Promise<never> => {
    await pressed;
    if (!isHandedOver) throw interrupted("nothing");
    throw interrupted(await isAnswering(host, home, () => signals.length > 1) ? "supervisor" : "unknown");
  };
  try {
    return await Promise.race([done(), cutShort()]);
  } finally {
    stopListening();
  }
}

async function isAnswering(host: Host, home: string, isOver: () => boolean): Promise<boolean> {
  const answers = async () => {
    if (isOver()) return false;
    return (await askSupervisor(host, home, "GET", "/healthz")).kind === "answer" || null;
  };
  return await poll(answers, { everyMs: POLL_MS, timeoutMs: RESPONSE_MS }) ?? false;
}

/** What keeps running after an interrupted command. */
type Remaining = "nothing" | "supervisor" | "unknown";

const WORDS: Readonly<Record<Remaining, readonly [what: string, hint: string]>> = {
  nothing: ["nothing was started", "`stigmer-local status` shows the state of the instance"],
  supervisor: [
    "the supervisor keeps starting Temporal in the background",
    "`stigmer-local wait` waits for it, `stigmer-local stop` cancels it",
  ],
  // A supervisor that does not respond.
  unknown: [
    "a supervisor may still be starting Temporal in the background",
    "`stigmer-local status` shows the state of the instance, `stigmer-local stop` stops it",
  ],
};

function interruption(signal: string, remaining: Remaining, home: string): LocalError {
  const [what, hint] = WORDS[remaining];
  return new LocalError("interrupted", `Interrupted (${signal}): ${what}`, {
    hint,
    exitCode: signal === "SIGINT" ? 130 : 143,
    facts: { home },
  });
}
