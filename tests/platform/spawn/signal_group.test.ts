import process from "node:process";
import { describe, it } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import type { ProcessInfo } from "../../../lib/platform/processes/processes.ts";
import { signalGroup } from "../../../lib/platform/spawn/signal_group.ts";
import type { System } from "../../../lib/platform/system.ts";
import { systemHere } from "../../../lib/platform/system_here.ts";
import { until, withProcess } from "../support.ts";

const system = systemHere();
const { processes } = system;

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
