import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { LocalError } from "../../../lib/errors/local_error.ts";
import type { Processes, ProcessInfo } from "../../../lib/platform/processes/processes.ts";
import { endGroup, signalGroup } from "../../../lib/platform/spawn/signal_group.ts";
import type { System } from "../../../lib/platform/system.ts";
import { systemHere } from "../../../lib/platform/system_here.ts";
import { killGroup, PATIENCE_MS, type TestProcess, until, withProcess } from "../support.ts";

const system = systemHere();
const { processes } = system;
const ours = () => true;

/** A shell that is deaf to SIGTERM, and a child of the same kind; both in the shell's group. */
const DEAF = "trap '' TERM; sleep 600 & echo ready; while :; do sleep 600; done";

describe("signalGroup()", () => {
  it("refuses every number that kill(2) takes for something else than a group of somebody else", () => {
    const own = processes.inspect(process.pid)!.pgid;
    for (const pgid of [-1, 0, 1, -7, 1.5, NaN, own]) {
      assertThrows(() => signalGroup(pgid, "SIGKILL", system), RangeError, "Cannot signal process group");
    }
  });

  it("says that a group is gone when it is", () =>
    withProcess(["sleep", "600"], async ({ pid, exited }) => {
      assertEquals(signalGroup(pid, "SIGKILL", system), "sent");
      await exited;
      await until(() => signalGroup(pid, "SIGKILL", system) === "gone", "the group is gone");
    }));

  it("takes EPERM for gone when all that is left is zombies, as on macOS, and for an error otherwise", () => {
    const refusal = Object.assign(new Error("kill EPERM"), { code: "EPERM" });
    const kill = () => {
      throw refusal;
    };
    const withMembers = (members: ProcessInfo[]): System => ({
      ...system,
      kill,
      processes: { ...processes, liveGroupMembers: () => members },
    });
    assertEquals(signalGroup(4_000_000, "SIGTERM", withMembers([])), "gone");
    const stranger = processes.inspect(process.pid)!;
    assertThrows(() => signalGroup(4_000_000, "SIGTERM", withMembers([stranger])), Error, "kill EPERM");
  });
});

describe("endGroup()", () => {
  it("ends a group that listens to SIGTERM, without force", () =>
    withProcess(["sh", "-c", "sleep 600 & echo ready; wait"], async (target) => {
      await ready(target);
      const { forced } = await endGroup({ pgid: target.pid, graceMs: PATIENCE_MS, system, isStillOurs: ours });
      assertEquals(forced, false);
      assertEquals(processes.liveGroupMembers(target.pid), []);
    }));

  it("ends a stopped process by SIGTERM, because it continues it", () =>
    withProcess(["sleep", "600"], async ({ pid, exited }) => {
      process.kill(pid, "SIGSTOP");
      await until(() => processes.inspect(pid)?.state === "T", "it is stopped");
      assertEquals((await endGroup({ pgid: pid, graceMs: PATIENCE_MS, system, isStillOurs: ours })).forced, false);
      assertEquals(await exited, { code: null, signal: "SIGTERM" });
    }));

  it("kills a group that is deaf to SIGTERM after the grace period, grandchildren too", () =>
    withProcess(["sh", "-c", DEAF], async (target) => {
      await ready(target);
      const { forced, ms } = await endGroup({ pgid: target.pid, graceMs: 100, system, isStillOurs: ours });
      assertEquals(forced, true);
      assert(ms >= 100);
      assertEquals(processes.liveGroupMembers(target.pid), []);
    }));

  it("kills at once without a grace period", () =>
    withProcess(["sh", "-c", "trap 'exit 0' TERM; echo ready; while :; do sleep 0.01; done"], async (target) => {
      await ready(target);
      assertEquals((await endGroup({ pgid: target.pid, graceMs: 0, system, isStillOurs: ours })).forced, true);
      assertEquals((await target.exited).signal, "SIGKILL");
    }));

  it("loses its patience when the signal aborts, and ends the group all the same", () =>
    withProcess(["sh", "-c", DEAF], async (target) => {
      await ready(target);
      const abort = new AbortController();
      const ended = endGroup({
        pgid: target.pid,
        graceMs: 10 * PATIENCE_MS,
        system,
        isStillOurs: ours,
        signal: abort.signal,
      });
      abort.abort();
      assertEquals((await ended).forced, true);
      assertEquals(processes.liveGroupMembers(target.pid), []);
    }));

  it("ends what a dead leader left alive", () =>
    withProcess(["sh", "-c", "sleep 600 & echo ready; exit 0"], async ({ pid, exited }) => {
      await exited;
      await until(() => processes.inspect(pid) === null, "the leader is gone");
      assertEquals(processes.liveGroupMembers(pid).length, 1);
      assertEquals((await endGroup({ pgid: pid, graceMs: PATIENCE_MS, system, isStillOurs: ours })).forced, false);
      assertEquals(processes.liveGroupMembers(pid), []);
    }));

  it("does not wait for zombies that nobody reaps", () =>
    withProcess(["perl", "-e", PERL_PARENT_THAT_NEVER_REAPS], async (parent) => {
      await until(() => parent.output().includes("\n"), "the child is there");
      const pgid = Number(parent.output());
      await until(() => processes.inspect(pgid)?.pgid === pgid, "the child has its group");
      try {
        const { forced } = await endGroup({ pgid, graceMs: PATIENCE_MS, system, isStillOurs: ours });
        assertEquals(forced, false);
        assertEquals(processes.inspect(pgid)?.state, "Z");
        assertEquals(processes.isThere(pgid), false);
        assertEquals(processes.liveGroupMembers(pgid), []);
      } finally {
        killGroup(pgid);
      }
    }));

  it("is done at once when there is nobody", async () => {
    const nobody = { ...system, processes: { ...processes, liveGroupMembers: () => [], inspect: () => null } };
    assertEquals(
      (await endGroup({ pgid: 4_000_000, graceMs: 1000, system: nobody, isStillOurs: ours })).forced,
      false,
    );
  });

  it("signals nobody when the group is not ours any more", () =>
    withProcess(["sleep", "600"], async ({ pid }) => {
      assertEquals((await endGroup({ pgid: pid, graceMs: 0, system, isStillOurs: () => false })).forced, false);
      assertEquals(processes.liveGroupMembers(pid).length, 1);
    }));

  it("spares who got the number during the grace period", () =>
    withProcess(["sh", "-c", DEAF], async (target) => {
      await ready(target);
      let isOurs = true;
      const ended = endGroup({ pgid: target.pid, graceMs: PATIENCE_MS, system, isStillOurs: () => isOurs });
      isOurs = false;
      assertEquals((await ended).forced, false);
      assert(processes.liveGroupMembers(target.pid).length > 0);
    }));

  it("tells who survived SIGKILL", async () => {
    const stuck: ProcessInfo = {
      ...processes.inspect(process.pid)!,
      pid: 4_000_000,
      pgid: 4_000_000,
      state: "D",
      command: "stuck",
    };
    const stuckProcesses: Processes = {
      ...processes,
      liveGroupMembers: () => [stuck],
      inspect: (pid) => pid === 4_000_000 ? stuck : null,
    };
    let now = 0;
    const immortal: System = { ...system, processes: stuckProcesses, kill: () => {}, nowMs: () => now += 1000 };
    const error = await assertRejects(
      () => endGroup({ pgid: 4_000_000, graceMs: 0, system: immortal, isStillOurs: ours }),
      LocalError,
      "survived SIGKILL by 10 s: 4000000 (stuck, state D)",
    );
    assertEquals(error.code, "stop-failed");
  });
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
