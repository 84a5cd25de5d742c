import { join } from "node:path";
import { it } from "node:test";
import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { LocalError } from "../../../lib/errors/local_error.ts";
import { awaited, isLinux } from "../../platform/support.ts";
import { until } from "../world.ts";
import { errorOf, type InWorld, pidsOf } from "./support.ts";

/** What processes are, and how they end. */
export function processesConform(inWorld: InWorld): void {
  it(
    "a program that is started leads a group and a session",
    inWorld(async ({ system, start }) => {
      const { processes } = system;
      const { pid } = await start("sleeper");
      await until(system, "it sleeps", () => processes.inspect(pid)?.state === "S");
      const seen = processes.inspect(pid)!;
      assertEquals([seen.pid, seen.pgid], [pid, pid]);
      if (isLinux) assertEquals(seen.sid, pid);
      assert(seen.executable?.startsWith("/"));
      assertEquals(seen.command, processes.argv(pid)?.join(" ").trim());
      assertEquals([processes.isThere(pid), pidsOf(processes.liveGroupMembers(pid))], [true, [pid]]);
    }),
  );

  it(
    "a child is in the group and session of its parent, unless it calls setsid",
    inWorld(async ({ system: { processes }, start }) => {
      const family = await start("parent");
      const child = processes.inspect(family.child)!;
      assertEquals(child.pgid, family.pid);
      assertEquals(child.sid, processes.inspect(family.pid)!.sid);
      assertEquals(
        pidsOf(processes.liveGroupMembers(family.pid)),
        pidsOf([{ pid: family.pid }, { pid: family.child }]),
      );

      const { pid, child: daemon } = await start("parent of a daemon");
      assertEquals(processes.inspect(daemon)!.pgid, daemon);
      assertEquals(pidsOf(processes.liveGroupMembers(pid)), [pid]);
      assertEquals(pidsOf(processes.liveGroupMembers(daemon)), [daemon]);
    }),
  );

  it(
    "members of a group live on under its number when their leader is dead",
    inWorld(async ({ system, start }) => {
      const { pid, child } = await start("leader that exits");
      await until(system, "the leader is gone", () => system.processes.inspect(pid) === null);
      assertEquals(pidsOf(system.processes.liveGroupMembers(pid)), [child]);
      assertEquals(system.processes.isThere(pid), false);
    }),
  );

  it(
    "a child that its parent does not wait for stays a zombie, until the parent is dead",
    inWorld(async ({ system, start, zombiesCount }) => {
      const { processes, kill } = system;
      const { pid, child } = await start("parent that never reaps");
      const [both, one] = [processes.memoryBytes([pid, child]), processes.memoryBytes([pid])];
      assert(one > 10_000 && both > one, `${one} and ${both} bytes`);
      kill(child, "SIGKILL");
      await until(system, "it is a zombie", () => processes.inspect(child)?.state === "Z");
      assertEquals(processes.memoryBytes([child]), 0);
      assertEquals([processes.liveGroupMembers(child), processes.argv(child)], [[], null]);
      assertEquals(processes.inspect(child)!.executable, null);
      assertNotEquals(processes.inspect(child)!.command, "");
      assertEquals(processes.isThere(child), zombiesCount);
      kill(pid, "SIGKILL");
      await until(system, "the zombie is gone", () => processes.inspect(child) === null);
    }),
  );

  it(
    "a start time is the same at each look, and another for a process that starts later",
    inWorld(async ({ system: { processes, delay }, start }) => {
      const { pid } = await start("sleeper");
      const { startTime } = processes.inspect(pid)!;
      await delay(isLinux ? 50 : 1100); // ticks of 10 ms, and seconds
      const { pid: later } = await start("sleeper");
      assertEquals(processes.inspect(pid)!.startTime, startTime);
      assertNotEquals(processes.inspect(later)!.startTime, startTime);
    }),
  );

  it(
    "a program that is spawned leads a group, has the locks that are passed, and its end is told",
    inWorld(async ({ system, sleeper }, folder) => {
      const path = join(folder, "a.lock");
      const lock = (await system.tryLock(path))!;
      const options = { ...sleeper, cwd: "/", stdin: "null", stdout: "null", stderr: "null" } as const;
      const child = await system.spawn({ ...options, pass: [lock.fd] });
      lock.close();
      try {
        assertEquals(system.processes.inspect(child.pid)?.pgid, child.pid);
        assertEquals(pidsOf(system.processes.lockHolders(path)), [child.pid]);
      } finally {
        system.kill(-child.pid, "SIGKILL");
      }
      assertEquals(await awaited(child.exited), { code: null, signal: "SIGKILL" });
      await until(system, "the lock is free", () => system.processes.lockHolders(path).length === 0);
      const missing = () => system.spawn({ ...options, command: "/no/such/program", pass: [] });
      assertEquals((await assertRejects(missing, LocalError)).code, "launch-failed");
    }),
  );

  it(
    "an unused PID is no process, and cannot be signalled",
    inWorld(async ({ system, start }) => {
      const { processes, kill } = system;
      const { pid } = await start("sleeper");
      kill(pid, "SIGKILL");
      await until(system, "it is gone", () => processes.inspect(pid) === null);
      assertEquals([processes.argv(pid), processes.isThere(pid), processes.liveGroupMembers(pid)], [null, false, []]);
      for (const target of [pid, -pid]) assertEquals(errorOf(() => kill(target, "SIGCONT")), "ESRCH");
    }),
  );

  it(
    "the boot has one name",
    inWorld(({ system: { processes } }) => {
      assertNotEquals(processes.bootId(), "");
      assertEquals(processes.bootId(), processes.bootId());
      return Promise.resolve();
    }),
  );
}
