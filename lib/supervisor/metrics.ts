import type { ProcessStatus } from "../instance/status/status.ts";
import type { Supervisor } from "./supervisor.ts";

/** The metrics of a supervisor in Prometheus' text format. */
export function renderMetrics(
  { machine: { state, restarts }, health, manager, stack }: Supervisor,
  startedAt: Date,
  nowMs: number,
): string {
  const metric = (name: string, type: "gauge" | "counter", help: string, value: number) =>
    `# HELP stigmer_local_${name} ${help}\n# TYPE stigmer_local_${name} ${type}\nstigmer_local_${name} ${value}\n`;
  return [
    metric("temporal_up", "gauge", "1 if Temporal is ready, else 0.", state.kind === "running" ? 1 : 0),
    metric("temporal_restarts_total", "counter", "Restarts after a crash or a hang.", restarts),
    metric("health_check_failures_total", "counter", "Failed health checks.", health.failedChecks),
    metric(
      "temporal_start_time_seconds",
      "gauge",
      "Start time of Temporal as Unix time; 0 if it is not running.",
      (manager.process?.startedAtMs ?? 0) / 1000,
    ),
    metric(
      "supervisor_uptime_seconds",
      "gauge",
      "Uptime of the supervisor.",
      (nowMs - startedAt.getTime()) / 1000,
    ),
    ...processMetrics(stack?.status() ?? []),
  ].join("");
}

/** One series for each process beside Temporal. */
function processMetrics(processes: readonly ProcessStatus[]): string[] {
  if (processes.length === 0) return [];
  const series = (name: string, type: "gauge" | "counter", help: string, of: (process: ProcessStatus) => number) =>
    `# HELP stigmer_local_${name} ${help}\n# TYPE stigmer_local_${name} ${type}\n` +
    processes.map((process) => `stigmer_local_${name}{process="${process.name}"} ${of(process)}\n`).join("");
  return [
    series("process_up", "gauge", "1 if the process is ready, else 0.", ({ ready }) => ready ? 1 : 0),
    series("process_restarts_total", "counter", "Restarts after a crash or a hang.", ({ restarts }) => restarts),
    series(
      "process_start_time_seconds",
      "gauge",
      "Start time of the process as Unix time; 0 if it is not running.",
      ({ startedAt }) => startedAt === null ? 0 : Date.parse(startedAt) / 1000,
    ),
  ];
}
