import type { TemporalProcess } from "../temporal/process.ts";
import type { Supervisor } from "./supervisor.ts";

/** The metrics of a supervisor in Prometheus' text format. */
export function renderMetrics(supervisor: Supervisor, temporal: TemporalProcess | null, nowMs: number): string {
  const { state } = supervisor;
  const metric = (name: string, type: "gauge" | "counter", help: string, value: number) =>
    `# HELP stigmer_local_${name} ${help}\n# TYPE stigmer_local_${name} ${type}\nstigmer_local_${name} ${value}\n`;
  return [
    metric("temporal_up", "gauge", "1 when Temporal serves.", state.kind === "running" ? 1 : 0),
    metric("temporal_restarts_total", "counter", "Restarts after a crash or a hang.", supervisor.restarts),
    metric("health_check_failures_total", "counter", "Health checks that failed.", supervisor.failedChecks),
    metric(
      "temporal_start_time_seconds",
      "gauge",
      "When Temporal was started, in Unix time; 0 when there is none.",
      temporal === null ? 0 : temporal.startedAtMs / 1000,
    ),
    metric(
      "supervisor_uptime_seconds",
      "gauge",
      "Age of the supervisor.",
      (nowMs - supervisor.startedAt.getTime()) / 1000,
    ),
  ].join("");
}
