import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { renderProcesses } from "../../../lib/instance/status/render_processes.ts";
import type { ProcessStatus } from "../../../lib/instance/status/status.ts";
import { paintFor } from "../../../lib/text/paint.ts";
import { ago, deadProcess, NOW_MS, sampleProcess } from "./sample.ts";

/** The lines of processes, without colour. */
function lines(columns: number, ...processes: ProcessStatus[]): string[] {
  return renderProcesses(processes, NOW_MS, paintFor(false), columns);
}

const slow = (name: string) =>
  sampleProcess(name, { ready: false, state: "unhealthy", detail: "it has not polled task queue `orders` for 80 s" });

describe("renderProcesses()", () => {
  it("is a line for each, in columns", () => {
    const taskQueues = [{ name: "orders", workflow: ago(10), activity: ago(2) }];
    const failure = { code: "process-failed" as const, message: "codec: port 8888 is taken" };
    assertEquals(
      lines(
        Infinity,
        sampleProcess("worker", { taskQueues, adopted: true, restarts: 2 }),
        deadProcess("api", { state: "starting", detail: "waiting for worker", taskQueues }),
        deadProcess("codec", { state: "failed", failure, restarts: 1 }),
        deadProcess("cron"),
        slow("slow"),
      ),
      [
        "  ✓ worker  running    pid 4720, up 3 min 3 s, adopted, 2 restarts, polled orders 2 s ago",
        "  ✗ api     starting   waiting for worker",
        "  ✗ codec   failed     1 restart, codec: port 8888 is taken",
        "  ○ cron    stopped",
        "  ✗ slow    unhealthy  pid 4720, up 3 min 3 s, it has not polled task queue `orders` for 80 s",
      ],
    );
  });

  it("wraps what is too long below itself", () => {
    const wrapped = lines(40, slow("worker"));
    assert(wrapped.length > 1);
    for (const line of wrapped) assert(line.length <= 40, line);
    assert(wrapped[1]!.startsWith(" ".repeat("  ✗ worker  unhealthy  ".length)), wrapped[1]!);
  });
});
