import { askSupervisor } from "../control/client.ts";
import { LocalError } from "../errors/local_error.ts";
import type { Host } from "../platform/runtime/host.ts";

/** Ctrl-C reaches our helpers too, and may end one before it reaches us: a failure waits so long for its cause, in ms. */
const SIGNAL_MS = 50;
/** How long a supervisor may take to come up, on a slow machine, until nothing is said of it, in ms. */
const PROOF_MS = 5000;
const POLL_MS = 20;

/** What goes on without a command that was interrupted. `unknown`: a supervisor may, which does not answer. */
type GoesOn = "nothing" | "supervisor" | "unknown";

/**
 * Does `work`, until SIGINT or SIGTERM: the command ends then, with 130 or 143, and says what goes on without it. Of a
 * supervisor that is said once it answers: one that is only just forked is in the terminal's foreground group still, and
 * dies of the same Ctrl-C. A second signal ends that wait.
 *
 * @param work Is to call `goesOn` before it hands over to a supervisor, which goes on whatever happens here; null =
 * nobody was there. When `signal` aborts, it is to start nothing any more.
 * @throws {LocalError} `interrupted`
 */
export async function interruptible<T>(
  host: Host,
  home: string,
  work: (goesOn: () => void, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  let isHandedOver = false;
  let isPressed = () => {};
  const signals: string[] = [];
  const pressed = new Promise<void>((resolve) => isPressed = resolve);
  const cut = new AbortController();
  const interrupted = (goesOn: GoesOn) => interruption(signals[0]!, goesOn, home);
  const stopListening = host.onSignal(["SIGINT", "SIGTERM"], (signal) => {
    signals.push(signal);
    cut.abort(interrupted("nothing"));
    isPressed();
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
  for (const giveUpAt = performance.now() + PROOF_MS; performance.now() < giveUpAt && !isOver();) {
    if ((await askSupervisor(host, home, "GET", "/healthz")).kind === "answer") return true;
    await new Promise<void>((resolve) => host.after(POLL_MS, resolve));
  }
  return false;
}

const WORDS: Readonly<Record<GoesOn, readonly [what: string, hint: string]>> = {
  nothing: ["nothing was started", "`stigmer-local status` tells what is there"],
  supervisor: [
    "the supervisor goes on bringing Temporal up in the background",
    "`stigmer-local wait` waits for it, `stigmer-local stop` ends it",
  ],
  unknown: [
    "a supervisor may go on bringing Temporal up in the background",
    "`stigmer-local status` tells what is there, `stigmer-local stop` ends it",
  ],
};

function interruption(signal: string, goesOn: GoesOn, home: string): LocalError {
  const [what, hint] = WORDS[goesOn];
  return new LocalError("interrupted", `Interrupted (${signal}): ${what}`, {
    hint,
    exitCode: signal === "SIGINT" ? 130 : 143,
    facts: { home },
  });
}
