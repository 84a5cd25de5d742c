import { type ErrorCode, LocalError } from "./local_error.ts";

/** A {@linkcode LocalError} as plain data: what crosses the control socket, and what an outcome file keeps. */
export interface Failure {
  code: ErrorCode;
  message: string;
  hint?: string;
  facts?: Record<string, unknown>;
}

/** How a start, or a wait for one, fails that a stop of the supervisor cut short. */
export const START_STOPPED: Failure = {
  code: "interrupted",
  message: "A `stop` ended this start",
  hint: "Start it again with `stigmer-local start`",
};

/** The failure that `error` stands for; what is not a {@linkcode LocalError} becomes `internal`. */
export function toFailure(error: unknown): Failure {
  if (error instanceof LocalError) {
    return {
      code: error.code,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...(Object.keys(error.facts).length === 0 ? {} : { facts: error.facts }),
    };
  }
  return { code: "internal", message: error instanceof Error ? error.message : String(error) };
}

/** The error that `failure` was made from. */
export function fromFailure(failure: Failure): LocalError {
  return new LocalError(failure.code, failure.message, {
    ...(failure.hint === undefined ? {} : { hint: failure.hint }),
    ...(failure.facts === undefined ? {} : { facts: failure.facts }),
  });
}

/** Whether `value`, parsed from JSON that anyone may have written, is a {@linkcode Failure}. */
export function isFailure(value: unknown): value is Failure {
  if (typeof value !== "object" || value === null) return false;
  const { code, message, hint, facts } = value as Record<string, unknown>;
  return typeof code === "string" && typeof message === "string" &&
    (hint === undefined || typeof hint === "string") &&
    (facts === undefined || (typeof facts === "object" && facts !== null));
}
