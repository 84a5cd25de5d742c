import type { Failure } from "../../errors/failure.ts";
import type { Note, Row, Work } from "./view.ts";

/** A request of the control API. */
export interface WorkRequest {
  method: "POST";
  path: string;
  body: unknown;
}

/** How a request went: `late`, `silent` and `absent` as in `LongAnswer` of the control API. */
export type Outcome = { kind: "done" | "late" | "silent" | "absent" } | { kind: "failed"; failure: Failure };

/** The request for `work`: nothing but that is requested, so settings and binary stay as they are. */
export function requestFor(work: Work, { process }: Row): WorkRequest {
  const names = process === null ? {} : { names: [process] };
  // Without `graceMs`, a process has its own grace period.
  return { method: "POST", path: `/${work}`, body: work === "stop" ? names : { asked: {}, binary: null, ...names } };
}

const DONE: Readonly<Record<Work, string>> = { start: "Started", stop: "Stopped", restart: "Restarted" };

/** What to say about the outcome of {@linkcode requestFor}. */
export function noteFor(work: Work, { name }: Row, outcome: Outcome, timeoutMs: number): Note {
  const error = (text: string): Note => ({ text, isError: true });
  switch (outcome.kind) {
    case "done":
      return { text: `${DONE[work]} ${name}`, isError: false };
    case "absent":
      return error("The supervisor has exited: `stigmer-local start` starts another one");
    case "silent":
      return error("The supervisor does not respond: `stigmer-local doctor` says why");
    case "late":
      return error(`Timed out after ${timeoutMs / 1000} s; the supervisor goes on to ${work} ${name}`);
    case "failed": {
      const { message, hint } = outcome.failure;
      return error(hint === undefined ? message : `${message}. ${hint}`);
    }
  }
}
