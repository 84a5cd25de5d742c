import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import type { State } from "../../lib/process/states.ts";
import { renderMetrics } from "../../lib/supervisor/metrics.ts";
import type { Supervisor } from "../../lib/supervisor/supervisor.ts";
import type { TemporalProcess } from "../../lib/temporal/process.ts";

const STARTED = new Date("2026-11-23T05:59:00Z");

/** The figures, by the part of their names that differs. */
function metricsOf(state: State, temporal: Pick<TemporalProcess, "startedAtMs"> | null): Record<string, number> {
  const machine = { state, restarts: 3 };
  const supervisor = { machine, health: { failedChecks: 7 }, manager: { process: temporal } } as Supervisor;
  const text = renderMetrics(supervisor, STARTED, STARTED.getTime() + 61_500);
  const figures: Record<string, number> = {};
  for (const [help, type, figure, ...rest] of inThrees(text.trimEnd().split("\n"))) {
    const [name, value] = figure!.split(" ") as [string, string];
    assertEquals([help!.startsWith(`# HELP ${name} `), /^# TYPE \S+ (gauge|counter)$/.test(type!), rest], [
      true,
      true,
      [],
    ], name);
    assertEquals(type!.split(" ")[2], name);
    figures[name.replace("stigmer_local_", "")] = Number(value);
  }
  assertEquals(text.at(-1), "\n");
  return figures;
}

const inThrees = (lines: string[]): string[][] =>
  Array.from({ length: Math.ceil(lines.length / 3) }, (_, at) => lines.slice(3 * at, 3 * at + 3));

describe("renderMetrics()", () => {
  it("tells what Prometheus can read", () => {
    assertEquals(metricsOf({ kind: "running", sinceMs: 0 }, { startedAtMs: 1_767_323_045_500 }), {
      temporal_up: 1,
      temporal_restarts_total: 3,
      health_check_failures_total: 7,
      temporal_start_time_seconds: 1_767_323_045.5,
      supervisor_uptime_seconds: 61.5,
    });
  });

  it("tells a Temporal that does not serve from one that does", () => {
    for (
      const state of [{ kind: "unhealthy", sinceMs: 0, failures: 1 }, { kind: "starting", first: true }, {
        kind: "stopped",
      }] as const
    ) {
      const { temporal_up, temporal_start_time_seconds } = metricsOf(state, null);
      assertEquals([temporal_up, temporal_start_time_seconds], [0, 0], state.kind);
    }
  });
});
