import { mkdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { it } from "node:test";
import { assertEquals, assertRejects } from "@std/assert";
import { LocalError } from "../../../lib/errors/local_error.ts";
import { until } from "../world.ts";
import { type InWorld, pidsOf } from "./support.ts";

/** Holders of a lock, and when it is free. */
export function locksConform(inWorld: InWorld): void {
  it(
    "a lock that we hold is held against us too, and free once it is closed",
    inWorld(async ({ system: { tryLock, processes } }, folder) => {
      const path = join(folder, "a.lock");
      assertEquals(processes.lockHolders(path), []);
      const lock = (await tryLock(path))!;
      assertEquals([lock.path, lock.isCurrent()], [path, "ours"]);
      assertEquals(await tryLock(path), null);
      assertEquals(processes.lockHolders(path).map(({ pid, on }) => [pid, on]), [[process.pid, "path"]]);
      lock.close();
      lock.close();
      assertEquals(processes.lockHolders(path), []);
      const again = (await tryLock(path))!;
      assertEquals(again.isCurrent(), "ours");
      again.close();
    }),
  );

  it(
    "a lock lives on in the child that inherited it, and is free when the child is dead",
    inWorld(async ({ system, start }, folder) => {
      const path = join(folder, "a.lock");
      const lock = (await system.tryLock(path))!;
      const { pid } = await start("sleeper", { lock });
      assertEquals(pidsOf(system.processes.lockHolders(path)), pidsOf([{ pid }, { pid: process.pid }]));
      assertEquals(pidsOf(system.processes.lockHolders(path, pid)), [pid]);
      lock.close();
      assertEquals(system.processes.lockHolders(path).map(({ pid, on }) => [pid, on]), [[pid, "path"]]);
      assertEquals(system.processes.lockedFiles(pid), [path]);
      const free = join(folder, "free.lock");
      (await system.tryLock(free))!.close();
      assertEquals(system.processes.heldLocks([free, path, join(folder, "none.lock")]), [path]);
      assertEquals(system.processes.heldLocks([]), []);
      assertEquals(await system.tryLock(path), null);
      system.kill(pid, "SIGKILL");
      await until(system, "the lock is free", () => system.processes.lockHolders(path).length === 0);
      assertEquals(system.processes.lockedFiles(pid), []);
      (await system.tryLock(path))!.close();
    }),
  );

  it(
    "a lock is held until the last process that inherited it is dead, whatever its group",
    inWorld(async ({ system, start }, folder) => {
      const path = join(folder, "a.lock");
      const lock = (await system.tryLock(path))!;
      const { pid, child } = await start("parent of a daemon", { lock });
      lock.close();
      assertEquals(pidsOf(system.processes.lockHolders(path)), pidsOf([{ pid }, { pid: child }]));
      system.kill(-pid, "SIGKILL");
      await until(system, "the parent is gone", () => !system.processes.isThere(pid));
      assertEquals(pidsOf(system.processes.lockHolders(path, pid)), [child]);
      assertEquals(await system.tryLock(path), null);
      system.kill(child, "SIGKILL");
      await until(system, "the lock is free", () => system.processes.lockHolders(path).length === 0);
    }),
  );

  it(
    "a program inherits no lock that it is not given",
    inWorld(async ({ system, start }, folder) => {
      const path = join(folder, "a.lock");
      const lock = (await system.tryLock(path))!;
      await start("sleeper");
      assertEquals(pidsOf(system.processes.lockHolders(path)), [process.pid]);
      lock.close();
    }),
  );

  it(
    "a stopped process keeps its lock, a zombie has none",
    inWorld(async ({ system, start }, folder) => {
      const { processes, kill, tryLock } = system;
      const path = join(folder, "a.lock");
      const lock = (await tryLock(path))!;
      const { pid, child } = await start("parent that never reaps", { lock });
      lock.close();
      kill(-pid, "SIGSTOP");
      await until(system, "it is stopped", () => processes.isGroupStopped(pid));
      kill(child, "SIGKILL");
      await until(system, "it is a zombie", () => processes.inspect(child)?.state === "Z");
      assertEquals(pidsOf(processes.lockHolders(path)), [pid]);
      assertEquals(await tryLock(path), null);
    }),
  );

  it(
    "a lock whose file was deleted is still seen, and does not hold the new file at its path",
    inWorld(async ({ system: { tryLock, processes }, start }, folder) => {
      const path = join(folder, "a.lock");
      const first = (await tryLock(path))!;
      const { pid } = await start("sleeper", { lock: first });
      unlinkSync(path);
      assertEquals(first.isCurrent(), "missing");
      assertEquals(processes.lockHolders(path, pid).map(({ on }) => on), ["deleted"]);
      assertEquals(processes.heldLocks([path]), [path]);
      const second = (await tryLock(path))!;
      assertEquals([first.isCurrent(), second.isCurrent()], ["replaced", "ours"]);
      assertEquals(await tryLock(path), null);
      assertEquals(processes.lockHolders(path, pid).map(({ pid, on }) => [pid, on]), [[pid, "deleted"]]);
      first.close();
      assertEquals(
        processes.lockHolders(path).map(({ pid, on }) => [pid, on]).sort(),
        [[pid, "deleted"], [process.pid, "path"]].sort(),
      );
      second.close();
    }),
  );

  it(
    "a folder, and a file in a missing folder, cannot be locked",
    inWorld(async ({ system: { tryLock } }, folder) => {
      mkdirSync(join(folder, "folder"));
      for (const path of [join(folder, "folder"), join(folder, "missing", "a.lock")]) {
        assertEquals((await assertRejects(() => tryLock(path), LocalError)).code, "lock-failed");
      }
    }),
  );
}
