import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { renderProcesses } from "../../../lib/instance/status/render_processes.ts";
import type { ProcessStatus } from "../../../lib/instance/status/status.ts";
import { paintFor } from "../../../lib/text/paint.ts";

const NOW = Date.parse("2026-11-23T06:00:00Z");

function processStatus(changes: Partial<ProcessStatus>): ProcessStatus {
  return {
    name: "worker",
    state: "running",
    ready: true,
    detail: null,
    pid: 100,
    startedAt: "2026-11-23T05:59:00Z",
    adopted: false,
    restarts: 0,
    lastExit: null,
    log: "/home/me/worker.log",
    ...changes,
  };
}

const down = { pid: null, startedAt: null, ready: false } as const;

/** The lines of processes, without colour. */
function lines(columns: number, ...changes: Partial<ProcessStatus>[]): string[] {
  return renderProcesses(changes.map(processStatus), NOW, paintFor(false), columns);
}

describe("renderProcesses()", () => {
  it("is a line for each, in columns", () => {
    const taskQueues = [{ name: "orders", workflow: "2026-11-23T05:59:50Z", activity: "2026-11-23T05:59:58Z" }];
    const failure = { code: "process-failed" as const, message: "codec: port 8888 is taken" };
    assertEquals(
      lines(
        Infinity,
        { taskQueues, adopted: true, restarts: 2 },
        { name: "api", ...down, state: "starting", detail: "waiting for worker", taskQueues },
        { name: "codec", ...down, state: "failed", failure, restarts: 1 },
        { name: "cron", ...down, state: "stopped" },
        { name: "slow", ready: false, state: "unhealthy", detail: "it has not polled task queue `orders` for 80 s" },
      ),
      [
        "  ✓ worker  running    pid 100, up 1 min, adopted, 2 restarts, polled orders 2 s ago",
        "  ✗ api     starting   waiting for worker",
        "  ✗ codec   failed     1 restart, codec: port 8888 is taken",
        "  ○ cron    stopped",
        "  ✗ slow    unhealthy  pid 100, up 1 min, it has not polled task queue `orders` for 80 s",
      ],
    );
  });

  it("wraps what is too long below itself", () => {
    const wrapped = lines(40, {
      ready: false,
      state: "unhealthy",
      detail: "it has not polled task queue `orders` for 80 s",
    });
    assert(wrapped.length > 1);
    for (const line of wrapped) assert(line.length <= 40, line);
    assert(wrapped[1]!.startsWith(" ".repeat("  ✗ worker  unhealthy  ".length)), wrapped[1]!);
  });
});
