import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { instancePaths } from "../../lib/core/instance_paths.ts";
import type { LockHolder, Processes, ProcessInfo } from "../../lib/system/processes.ts";
import { findTemporal } from "../../lib/supervisor/evidence.ts";

const paths = instancePaths("/nowhere/at/all");

describe("findTemporal()", () => {
  it("finds the group of who holds temporal.lock", () => {
    assertEquals(foundAmong({ temporal: [[7], [7]], supervisor: [[5]] }), { proof: "lock", pgid: 7 });
  });

  it("takes no supervisor for Temporal while it has both locks", () => {
    assertEquals(foundAmong({ temporal: [[5], [5]], supervisor: [[5]] }), null);
  });

  it("takes no stop for Temporal that lets go of both locks while it is looked at: its group is the user's shell", () => {
    assertEquals(foundAmong({ temporal: [[5], []], supervisor: [[]] }), null);
  });
});

/** What is found where each look at a lock gives the next list of holders. */
function foundAmong(looks: { temporal: number[][]; supervisor: number[][] }): { proof: string; pgid: number } | null {
  const inspect = (pid: number): ProcessInfo => ({
    pid,
    pgid: pid,
    sid: pid,
    parentPid: 1,
    state: "S",
    startTime: `${pid}`,
    executable: "/bin/x",
    command: "x",
  });
  const lockHolders = (path: string): LockHolder[] => {
    const pids = (path === paths.temporalLock ? looks.temporal : looks.supervisor).shift() ?? [];
    return pids.map((pid) => ({ pid, command: "x", on: "path" }));
  };
  const processes = { inspect, lockHolders, bootId: () => "boot" } as unknown as Processes;
  const { temporal } = findTemporal(paths, processes);
  return temporal === null ? null : { proof: temporal.proof, pgid: temporal.pgid };
}
