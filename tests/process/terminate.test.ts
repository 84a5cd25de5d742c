import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { systemHere } from "../../lib/platform/system_here.ts";
import { terminate, type TerminationTarget } from "../../lib/process/terminate.ts";
import { DEADLINE_MS, killGroup, type TestProcess, until, withProcess } from "../platform/support.ts";

const system = systemHere();
const { processes } = system;

/** A shell that ignores SIGTERM, and a child of the same kind; both in the shell's group. */
const DEAF = "trap '' TERM; sleep 600 & echo ready; while :; do sleep 600; done";

const targetOf = (pgid: number): TerminationTarget => ({
  pgid,
  leaderStartTime: processes.inspect(pgid)?.startTime ?? null,
});

describe("terminate()", () => {
  it("terminates a group that listens to SIGTERM, without force", () =>
    withProcess(["sh", "-c", "sleep 600 & echo ready; wait"], async (target) => {
      await ready(target);
      const { forced } = await terminate(system, targetOf(target.pid), DEADLINE_MS);
      assertEquals(forced, false);
      assertEquals(processes.liveGroupMembers(target.pid), []);
    }));

  it("terminates a stopped process by SIGTERM, because it continues it", () =>
    withProcess(["sleep", "600"], async ({ pid, exited }) => {
      process.kill(pid, "SIGSTOP");
      await until(() => processes.inspect(pid)?.state === "T", "it is stopped");
      assertEquals((await terminate(system, targetOf(pid), DEADLINE_MS)).forced, false);
      assertEquals(await exited, { code: null, signal: "SIGTERM" });
    }));

  it("kills a group that ignores SIGTERM after the grace period, grandchildren too", () =>
    withProcess(["sh", "-c", DEAF], async (target) => {
      await ready(target);
      const { forced, ms } = await terminate(system, targetOf(target.pid), 100);
      assertEquals(forced, true);
      assert(ms >= 100);
      assertEquals(processes.liveGroupMembers(target.pid), []);
    }));

  it("terminates what a dead leader left alive", () =>
    withProcess(["sh", "-c", "sleep 600 & echo ready; exit 0"], async ({ pid, exited }) => {
      await exited;
      await until(() => processes.inspect(pid) === null, "the leader is gone");
      assertEquals(processes.liveGroupMembers(pid).length, 1);
      assertEquals((await terminate(system, targetOf(pid), DEADLINE_MS)).forced, false);
      assertEquals(processes.liveGroupMembers(pid), []);
    }));

  it("does not wait for zombies", () =>
    withProcess(["perl", "-e", PERL_PARENT_THAT_NEVER_REAPS], async (parent) => {
      await until(() => parent.output().includes("\n"), "the child is there");
      const pgid = Number(parent.output());
      await until(() => processes.inspect(pgid)?.pgid === pgid, "the child has its group");
      try {
        const { forced } = await terminate(system, targetOf(pgid), DEADLINE_MS);
        assertEquals(forced, false);
        assertEquals(processes.inspect(pgid)?.state, "Z");
        assertEquals(processes.isThere(pgid), false);
        assertEquals(processes.liveGroupMembers(pgid), []);
      } finally {
        killGroup(pgid);
      }
    }));
});

const PERL_PARENT_THAT_NEVER_REAPS = `
  $| = 1;
  my $pid = fork;
  if (!$pid) { setpgrp 0, 0; close STDOUT; exec 'sleep', '600' }
  print "$pid\\n";
  sleep 600;
`;

function ready(target: TestProcess): Promise<void> {
  return until(() => target.output() === "ready\n", "the process is ready");
}
