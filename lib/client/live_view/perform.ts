import type { ControlRequest, LongAnswer } from "../../control/request.ts";
import type { Failure } from "../../errors/failure.ts";
import type { Note, Row, Work } from "./view.ts";

/** The request for `work`: nothing but that is requested, so settings and binary stay as they are. */
export function requestFor(work: Work, { process }: Row): ControlRequest {
  const names = process === null ? {} : { names: [process] };
  // Without `graceMs`, a process has its own grace period.
  return { method: "POST", path: `/${work}`, body: work === "stop" ? names : { asked: {}, binary: null, ...names } };
}

const DONE: Readonly<Record<Work, string>> = { start: "Started", stop: "Stopped", restart: "Restarted" };

/**
 * What to say about the outcome of {@linkcode requestFor}.
 *
 * @param failure The failure in the answer, if it is one.
 */
export function noteFor(
  work: Work,
  { name }: Row,
  outcome: LongAnswer["kind"],
  failure: Failure | null,
  timeoutMs: number,
): Note {
  const error = (text: string): Note => ({ text, isError: true });
  if (failure !== null) return error(failure.message + (failure.hint === undefined ? "" : `. ${failure.hint}`));
  switch (outcome) {
    case "answer":
      return { text: `${DONE[work]} ${name}`, isError: false };
    case "absent":
      return error("The supervisor has exited: `stigmer-local start` starts another one");
    case "silent":
      return error("The supervisor does not respond: `stigmer-local doctor` says why");
    case "late":
      return error(`Timed out after ${timeoutMs / 1000} s; the supervisor goes on to ${work} ${name}`);
  }
}
