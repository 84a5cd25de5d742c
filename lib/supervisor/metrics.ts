import type { ProcessStatus } from "../instance/status/status.ts";
import type { Supervisor } from "./supervisor.ts";

type Sample = [labels: string, value: number];

/** The metrics of a supervisor in Prometheus' text format. */
export function renderMetrics(
  { machine: { state, restarts }, health, manager, stack }: Supervisor,
  startedAt: Date,
  nowMs: number,
): string {
  const temporalStartS = (manager.process?.startedAtMs ?? 0) / 1000;
  const uptimeS = (nowMs - startedAt.getTime()) / 1000;
  const one = (value: number): Sample[] => [["", value]];
  const each = (valueOf: (process: ProcessStatus) => number): Sample[] =>
    (stack?.status() ?? []).map((process) => [`{process="${process.name}"}`, valueOf(process)]);
  const processStartS = ({ startedAt }: ProcessStatus) => startedAt === null ? 0 : Date.parse(startedAt) / 1000;
  const since = "as Unix time; 0 if it is not running.";
  return [
    metric("temporal_up", "gauge", "1 if Temporal is ready, else 0.", one(state.kind === "running" ? 1 : 0)),
    metric("temporal_restarts_total", "counter", "Restarts after a crash or a hang.", one(restarts)),
    metric("health_check_failures_total", "counter", "Failed health checks.", one(health.failedChecks)),
    metric("temporal_start_time_seconds", "gauge", `Start time of Temporal ${since}`, one(temporalStartS)),
    metric("supervisor_uptime_seconds", "gauge", "Uptime of the supervisor.", one(uptimeS)),
    metric("process_up", "gauge", "1 if the process is ready, else 0.", each(({ ready }) => ready ? 1 : 0)),
    metric("process_restarts_total", "counter", "Restarts after a crash or a hang.", each(({ restarts }) => restarts)),
    metric("process_start_time_seconds", "gauge", `Start time of the process ${since}`, each(processStartS)),
  ].join("");
}

/** A metric with its samples; nothing if it has none. */
function metric(name: string, type: "gauge" | "counter", help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return "";
  const full = `stigmer_local_${name}`;
  const lines = samples.map(([labels, value]) => `${full}${labels} ${value}\n`);
  return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${lines.join("")}`;
}
