import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { findProcess } from "../../lib/instance/find_process.ts";
import { instancePaths } from "../../lib/instance/paths.ts";
import type { LockHolder, Processes, ProcessInfo } from "../../lib/platform/processes/processes.ts";

const paths = instancePaths("/nowhere/at/all");

describe("findProcess()", () => {
  it("finds the group of who holds temporal.lock", () => {
    assertEquals(foundAmong({ temporal: [[7], [7]], supervisor: [[5]] }), { proof: "lock", pgid: 7 });
  });

  it("takes no supervisor for Temporal while it has both locks", () => {
    assertEquals(foundAmong({ temporal: [[5], [5]], supervisor: [[5]] }), null);
  });

  it("takes no stop for Temporal that lets go of both locks while it is looked at: its group is the user's shell", () => {
    assertEquals(foundAmong({ temporal: [[5], []], supervisor: [[]] }), null);
  });

  it("takes no job of a user's shell for Temporal, but what left the group of one that is alive", () => {
    const sidOf = (pid: number) => pid === 7 ? 6 : pid;
    assertEquals(foundAmong({ temporal: [[7], [7]], supervisor: [[]] }, sidOf), null);
    assertEquals(foundAmong({ temporal: [[7, 6], [7]], supervisor: [[]] }, sidOf), { proof: "lock", pgid: 7 });
    assertEquals(foundAmong({ temporal: [[7], [7]], supervisor: [[]] }, () => 0), { proof: "lock", pgid: 7 }); // macOS
  });
});

/** What is found where each look at a lock gives the next list of holders. */
function foundAmong(
  looks: { temporal: number[][]; supervisor: number[][] },
  sidOf = (pid: number) => pid,
): { proof: string; pgid: number } | null {
  const inspect = (pid: number): ProcessInfo => ({
    pid,
    pgid: pid,
    sid: sidOf(pid),
    state: "S",
    startTime: `${pid}`,
    executable: "/bin/x",
    command: "x",
  });
  const lockHolders = (path: string): LockHolder[] => {
    const pids = (path === paths.processLock ? looks.temporal : looks.supervisor).shift() ?? [];
    return pids.map((pid) => ({ pid, command: "x", on: "path" }));
  };
  // A look at a group shows those of its members that hold the lock; here each process is its own group.
  const groupHolds = (pgid: number, path: string) => lockHolders(path).some(({ pid }) => pid === pgid);
  const processes = { inspect, lockHolders, groupHolds, bootId: () => "boot" } as unknown as Processes;
  const { found: temporal } = findProcess(paths, processes);
  return temporal === null ? null : { proof: temporal.proof, pgid: temporal.pgid };
}
