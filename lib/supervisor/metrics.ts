import type { Supervisor } from "./supervisor.ts";

/** The metrics of a supervisor in Prometheus' text format. */
export function renderMetrics(
  { machine: { state, restarts }, health, manager }: Supervisor,
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
  ].join("");
}
