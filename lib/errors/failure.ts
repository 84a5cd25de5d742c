import { type ErrorCode, LocalError, messageOf, systemErrorCode } from "./local_error.ts";
import { limitHint } from "./system_error.ts";

/** A {@linkcode LocalError} as plain data, for the control socket and the file of the last failure. */
export interface Failure {
  code: ErrorCode;
  message: string;
  hint?: string;
  facts?: Record<string, unknown>;
}

/** The failure of a start, or of a wait for one, that a `stop` interrupted. */
export const START_STOPPED: Failure = {
  code: "interrupted",
  message: "Start interrupted by a `stop`",
  hint: "Start it again with `stigmer-local start`",
};

/** Converts `error` to a failure; anything but a {@linkcode LocalError} becomes `internal`. */
export function toFailure(error: unknown): Failure {
  if (!(error instanceof LocalError)) {
    const code = systemErrorCode(error);
    const hint = code === "EAGAIN" ? undefined : limitHint(code); // which says more where a process is started
    return { code: "internal", message: messageOf(error), ...(hint === undefined ? {} : { hint }) };
  }
  const { code, message, hint, facts } = error;
  const hasFacts = Object.keys(facts).length > 0;
  return { code, message, ...(hint === undefined ? {} : { hint }), ...(hasFacts ? { facts } : {}) };
}

/** Converts `failure` back to the error that it was made from. */
export function fromFailure({ code, message, hint, facts }: Failure): LocalError {
  return new LocalError(code, message, { hint, facts });
}

/** Whether `value`, parsed from untrusted JSON, is a {@linkcode Failure}. */
export function isFailure(value: unknown): value is Failure {
  if (typeof value !== "object" || value === null) return false;
  const { code, message, hint, facts } = value as Record<string, unknown>;
  return typeof code === "string" && typeof message === "string" &&
    (hint === undefined || typeof hint === "string") &&
    (facts === undefined || (typeof facts === "object" && facts !== null));
}
