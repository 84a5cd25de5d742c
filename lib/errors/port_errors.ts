import { LocalError } from "./local_error.ts";

/** Whether a launch failed because another process listens on its port, found by the preflight or by Temporal itself. */
export function hasLostPort(error: unknown): boolean {
  if (!(error instanceof LocalError)) return false;
  return error.code === "port-taken" || (error.code === "launch-failed" && error.facts["cause"] === "port-taken");
}
