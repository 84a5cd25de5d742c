import { it } from "node:test";
import { assertEquals } from "@std/assert";
import { until } from "../world.ts";
import { errorOf, type InWorld, pidsOf } from "./support.ts";

/** Which processes a signal reaches, and what it does. */
export function signalsConform(inWorld: InWorld): void {
  it(
    "a signal to a group reaches every member of it, and no other process",
    inWorld(async ({ system, start }) => {
      const { processes, kill } = system;
      const family = await start("parent");
      const { pid, child } = await start("parent of a daemon");
      kill(-family.pid, "SIGTERM");
      kill(-pid, "SIGKILL");
      await until(system, "the family is dead", () => processes.liveGroupMembers(family.pid).length === 0);
      await until(system, "the parent is dead", () => processes.liveGroupMembers(pid).length === 0);
      assertEquals(processes.isThere(child), true);
    }),
  );

  it(
    "a signal to a process reaches that one alone",
    inWorld(async ({ system, start }) => {
      const { pid, child } = await start("parent");
      system.kill(pid, "SIGKILL");
      await until(system, "the leader is gone", () => system.processes.inspect(pid) === null);
      assertEquals(pidsOf(system.processes.liveGroupMembers(pid)), [child]);
      system.kill(-pid, "SIGKILL");
      await until(system, "the group is gone", () => errorOf(() => system.kill(-pid, "SIGKILL")) === "ESRCH");
    }),
  );

  it(
    "SIGTERM can be ignored, SIGKILL cannot",
    inWorld(async ({ system, start }) => {
      const { processes, kill, delay } = system;
      const { pid } = await start("ignores SIGTERM");
      kill(-pid, "SIGTERM");
      await delay(100);
      assertEquals(processes.isThere(pid), true);
      kill(-pid, "SIGKILL");
      await until(system, "it is gone", () => !processes.isThere(pid));
    }),
  );

  it(
    "a stopped process acts on SIGTERM only when it is continued",
    inWorld(async ({ system, start }) => {
      const { processes, kill, delay } = system;
      const { pid } = await start("parent");
      assertEquals(processes.isGroupStopped(pid), false);
      kill(-pid, "SIGSTOP");
      await until(system, "it is stopped", () => processes.isGroupStopped(pid));
      assertEquals(processes.inspect(pid)!.state, "T");
      kill(-pid, "SIGTERM");
      await delay(100);
      assertEquals([processes.isThere(pid), processes.isGroupStopped(pid)], [true, true]);
      kill(-pid, "SIGCONT");
      await until(system, "it is gone", () => processes.liveGroupMembers(pid).length === 0);
      assertEquals(processes.isGroupStopped(pid), false);
    }),
  );

  it(
    "a stopped process goes on after SIGCONT, and is ended by SIGKILL without it",
    inWorld(async ({ system, start }) => {
      const { processes, kill } = system;
      const { pid } = await start("sleeper");
      kill(pid, "SIGSTOP");
      await until(system, "it is stopped", () => processes.inspect(pid)!.state === "T");
      kill(pid, "SIGCONT");
      await until(system, "it goes on", () => processes.inspect(pid)!.state === "S");
      kill(pid, "SIGSTOP");
      kill(pid, "SIGKILL");
      await until(system, "it is gone", () => !processes.isThere(pid));
    }),
  );

  it(
    "a group of zombies can be signalled, and stays what it is",
    inWorld(async ({ system, start, zombiesCount }) => {
      const { processes, kill } = system;
      const { child } = await start("parent that never reaps");
      kill(-child, "SIGKILL");
      await until(system, "it is a zombie", () => processes.inspect(child)?.state === "Z");
      assertEquals(errorOf(() => kill(-child, "SIGKILL")), zombiesCount ? "EPERM" : null);
      assertEquals(processes.inspect(child)?.state, "Z");
    }),
  );
}
