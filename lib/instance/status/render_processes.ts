import type { Paint } from "../../text/paint.ts";
import { formatSpan } from "../../text/span.ts";
import { wrapAfter } from "../../text/wrap.ts";
import type { ProcessStatus } from "./status.ts";

/** A line for each process beside Temporal: its name, its state, and what there is to say. Texts longer than `columns` wrap. */
export function renderProcesses(
  processes: readonly ProcessStatus[],
  nowMs: number,
  paint: Paint,
  columns = Infinity,
): string[] {
  const nameWidth = Math.max(...processes.map(({ name }) => name.length));
  const stateWidth = Math.max(...processes.map(({ state }) => state.length));
  return processes.flatMap((process) => {
    const { name, state } = process;
    const start = `  ${markOf(process)} ${name.padEnd(nameWidth)}  ${state.padEnd(stateWidth)}  `;
    const [first = "", ...rest] = wrapAfter(start, describe(process, nowMs), columns);
    const paintMark = process.ready ? paint.green : state === "stopped" ? paint.dim : paint.red;
    return [`  ${paintMark(markOf(process))}${first.slice(3)}`.trimEnd(), ...rest];
  });
}

function markOf({ ready, state }: ProcessStatus): string {
  return ready ? "✓" : state === "stopped" ? "○" : "✗";
}

function describe(process: ProcessStatus, nowMs: number): string {
  const { pid, startedAt, adopted, restarts, detail, failure, taskQueues = [] } = process;
  const since = startedAt === null ? "" : `, up ${formatSpan(nowMs - Date.parse(startedAt))}`;
  return [
    ...(pid === null ? [] : [`pid ${pid}${since}${adopted ? ", adopted" : ""}`]),
    ...(restarts === 0 ? [] : [restarts === 1 ? "1 restart" : `${restarts} restarts`]),
    ...(process.ready ? taskQueues.map(({ name, workflow, activity }) => polled(name, workflow, activity, nowMs)) : []),
    ...[failure?.message, detail].filter((text) => text !== undefined && text !== null),
  ].join(", ");
}

function polled(name: string, workflow: string | null, activity: string | null, nowMs: number): string {
  const last = Math.max(...[workflow, activity].map((at) => at === null ? 0 : Date.parse(at)));
  return `polled ${name} ${formatSpan(nowMs - last)} ago`;
}
