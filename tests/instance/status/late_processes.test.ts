import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { lateProcesses } from "../../../lib/instance/status/late_processes.ts";
import type { ProcessStatus } from "../../../lib/instance/status/status.ts";

/** A process as the status shows it. */
function process(name: string, state: ProcessStatus["state"], detail: string | null = null): ProcessStatus {
  const isReady = state === "running";
  const rest = { pid: null, startedAt: null, adopted: false, restarts: 0, lastExit: null, log: `/${name}.log` };
  return { ...rest, name, state, detail, ready: isReady };
}

describe("lateProcesses()", () => {
  it("names those that are not ready, and why", () => {
    const late = [
      process("api", "running"),
      process("codec", "stopped"),
      process("worker", "starting", "it does not poll"),
      process("web", "starting"),
    ];
    const error = lateProcesses(late, 8000, "Wait")!;
    assertEquals(error.message, "Timed out after 8 s waiting for worker (it does not poll), web");
    assertEquals([error.code, error.hint, error.facts], ["timeout", "Wait", { processes: ["worker", "web"] }]);
  });

  it("is silent where it is Temporal that is late", () => {
    assertEquals(lateProcesses([process("api", "running"), process("codec", "stopped")], 8000, "Wait"), null);
  });
});
