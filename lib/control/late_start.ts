import { askSupervisor, readStatus } from "./client.ts";
import type { LocalError } from "../errors/local_error.ts";
import { stillStarting } from "../errors/not_ready.ts";
import { lateProcesses } from "../instance/status/late_processes.ts";
import type { Host } from "../platform/runtime/host.ts";

const GOES_ON = "They keep running, and `stigmer-local wait` keeps waiting; `stigmer-local logs` shows what they write";

/**
 * The error of a wait that takes too long: which of the processes is not ready, and why, if it is not Temporal.
 *
 * @param temporalIsLate The error if it is Temporal.
 * @param hint What to do if it is a process.
 */
export async function lateStart(
  host: Host,
  home: string,
  timeoutMs: number,
  temporalIsLate: LocalError = stillStarting(timeoutMs),
  hint: string = GOES_ON,
): Promise<LocalError> {
  const answer = await askSupervisor(host, home, "GET", "/status");
  const seen = answer.kind === "answer" && answer.response.status === 200 ? readStatus(answer.response) : null;
  const late = seen?.state === "running" ? lateProcesses(seen.processes ?? [], timeoutMs, hint) : null;
  return late ?? temporalIsLate;
}
