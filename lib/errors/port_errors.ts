import { LocalError } from "./local_error.ts";

/** Whether a launch failed because somebody has a port that it needs: seen before it, or by Temporal itself. */
export function hasLostPort(error: unknown): boolean {
  if (!(error instanceof LocalError)) return false;
  return error.code === "port-taken" || (error.code === "launch-failed" && error.facts["cause"] === "port-taken");
}
