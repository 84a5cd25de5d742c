import type { ProcessStatus, Status } from "../../../lib/instance/status/status.ts";

/** The moment at which the samples are seen. */
export const NOW_MS = Date.parse("2026-11-29T12:00:00Z");

/** ISO 8601 of `seconds` before {@linkcode NOW_MS}. */
export function ago(seconds: number): string {
  return new Date(NOW_MS - seconds * 1000).toISOString();
}

/** The status of a Temporal that runs. */
export function sampleStatus(more: Partial<Status> = {}): Status {
  return {
    schema: 1,
    state: "running",
    healthy: true,
    managed: true,
    address: "127.0.0.1:7233",
    uiUrl: "http://127.0.0.1:8233",
    namespace: "default",
    namespaces: ["default"],
    temporal: { pid: 4711, pgid: 4711, version: "1.5.1", binary: "/bin/temporal", startedAt: ago(185), adopted: false },
    supervisor: { pid: 4700, runtime: "node", version: "20.20.2", startedAt: ago(200) },
    restarts: 0,
    lastExit: null,
    checks: [{ name: "grpc", ok: true, ms: 1, detail: "SERVING" }],
    paths: { home: "/home/ada/.stigmer", database: null, log: "/home/ada/.stigmer/logs/temporal.log" },
    ...more,
  };
}

/** A process that runs and is ready. */
export function sampleProcess(name: string, more: Partial<ProcessStatus> = {}): ProcessStatus {
  return {
    name,
    state: "running",
    ready: true,
    detail: null,
    pid: 4720,
    startedAt: ago(183),
    adopted: false,
    restarts: 0,
    lastExit: null,
    log: `/home/ada/.stigmer/logs/${name}.log`,
    ...more,
  };
}

/** A process that is not running. */
export function deadProcess(name: string, more: Partial<ProcessStatus> = {}): ProcessStatus {
  return sampleProcess(name, { state: "stopped", ready: false, pid: null, startedAt: null, ...more });
}
