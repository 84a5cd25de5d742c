import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { instancePaths } from "../../../lib/instance/paths.ts";
import type { Processes } from "../../../lib/platform/processes/processes.ts";
import { systemHere } from "../../../lib/platform/system_here.ts";
import { isForeignProcess } from "../../../lib/temporal/launch/port_conflict.ts";

const paths = instancePaths("/nowhere/at/all");
const PID = 7;

describe("isStranger()", () => {
  it("takes a process that stays for one", async () => {
    assertEquals(await judge([{ state: "S", argv: ["temporal"] }]), true);
  });

  it("waits for one that is just ending, and takes it for none when it is a zombie, or gone", async () => {
    assertEquals(await judge([{ state: "R", argv: null }, { state: "Z", argv: null }]), false);
    assertEquals(await judge([{ state: "R", argv: null }, null]), false);
  });

  it("gives up on one that never ends, and on what nobody can name", async () => {
    assertEquals(await judge([{ state: "D", argv: null }]), true);
    assertEquals(await judge([{ state: "S", argv: null }], null), true);
  });
});

type Look = { state: string; argv: string[] | null } | null;

/** What is judged of a process that shows itself so, one look after the other, and so for good at the last. */
function judge(looks: Look[], pid: number | null = PID): Promise<boolean> {
  const seen = { at: 0 };
  const now = () => looks[Math.min(seen.at, looks.length - 1)]!;
  const processes = {
    lockHolders: () => [],
    inspect: () => now(),
    argv: () => {
      const argv = now()?.argv ?? null;
      seen.at++;
      return argv;
    },
  } as unknown as Processes;
  return isForeignProcess(pid, { ...systemHere(), paths, processes }, new AbortController().signal);
}
