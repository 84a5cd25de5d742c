import { askSupervisor, readStatus } from "./client.ts";
import { LocalError } from "../errors/local_error.ts";
import { stillStarting } from "../errors/not_ready.ts";
import type { Host } from "../platform/runtime/host.ts";

/**
 * The error of a wait that takes too long: which of the processes is not ready, and why, if it is not Temporal.
 *
 * @param temporalIsLate The error if it is Temporal.
 */
export async function lateStart(
  host: Host,
  home: string,
  timeoutMs: number,
  temporalIsLate: LocalError = stillStarting(timeoutMs),
): Promise<LocalError> {
  const answer = await askSupervisor(host, home, "GET", "/status");
  const seen = answer.kind === "answer" && answer.response.status === 200 ? readStatus(answer.response) : null;
  const unready = seen?.state === "running"
    ? (seen.processes ?? []).filter(({ ready, state }) => !ready && state !== "stopped")
    : [];
  if (unready.length === 0) return temporalIsLate;
  const names = unready.map(({ name, detail }) => detail === null ? name : `${name} (${detail})`);
  return new LocalError("timeout", `Timed out after ${timeoutMs / 1000} s waiting for ${names.join(", ")}`, {
    hint: "They keep running, and `stigmer-local wait` keeps waiting; `stigmer-local logs` shows what they write",
    facts: { processes: unready.map(({ name }) => name) },
  });
}
