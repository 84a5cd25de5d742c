import { LocalError } from "./local_error.ts";

/** The error of a wait for Temporal that ran out of time, where nothing is left that could bring it up. */
export function notReady(timeoutMs: number, hint: string): LocalError {
  const message = `Timed out after ${timeoutMs / 1000} s waiting for Temporal to become ready`;
  return new LocalError("timeout", message, { hint });
}

/** The error of a command that stops waiting for a supervisor, which keeps trying. */
export function stillStarting(timeoutMs: number): LocalError {
  const { message } = notReady(timeoutMs, "");
  return new LocalError("timeout", `${message}; the supervisor keeps trying in the background`, {
    hint:
      "`stigmer-local wait` keeps waiting, `stigmer-local status` shows details, `stigmer-local stop` cancels the start",
  });
}
