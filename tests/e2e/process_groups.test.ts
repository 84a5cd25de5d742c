// test: seconds 900
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { assertNothingLeft, history, isAlive, until, withInstance } from "./support.ts";
import {
  escapedChild,
  pidsOf,
  readPid,
  signalIfThere,
  stubbornChild,
  unreapedChild,
  untilRecovered,
  wrapTemporal,
} from "./support_lifecycle.ts";

describe("the process group of Temporal", () => {
  it("is led by Temporal, and stop kills in it what ignores SIGTERM, and what left it with the lock", () =>
    withInstance(async (instance) => {
      const [stubbornFile, escapedFile] = [join(instance.home, "stubborn.pid"), join(instance.home, "escaped.pid")];
      const prelude = `${stubbornChild(stubbornFile)}\n${escapedChild(escapedFile)}`;
      const env = { STIGMER_TEMPORAL_BIN: wrapTemporal(instance.home, prelude) };
      const status = await instance.start(["--headless"], { env });
      const { temporal, supervisor } = pidsOf(status);
      const own = instance.processes.inspect(process.pid)!;
      for (const pid of [temporal, supervisor]) {
        const { pgid, sid } = instance.processes.inspect(pid)!;
        assertEquals({ pgid, sid }, { pgid: pid, sid: pid });
        assertNotEquals(sid, own.sid);
      }
      assertEquals(status.temporal?.pgid, temporal);
      const [stubborn, escaped] = [await readPid(stubbornFile), await readPid(escapedFile)];
      assertEquals(instance.processes.inspect(stubborn)?.pgid, temporal, "the grandchild is in Temporal's group");
      assertNotEquals(instance.processes.inspect(escaped)?.pgid, temporal);
      const holders = instance.processes.lockHolders(instance.paths.processLock).map(({ pid }) => pid);
      assert(holders.includes(escaped), "it has the lock");

      const { code, stderr } = await instance.stop(["--timeout", "6"]);
      assertEquals(code, 0, stderr);
      assertNothingLeft(instance, [temporal, supervisor, stubborn, escaped]);
      const exit = history(instance).find(({ event }) => event === "exited");
      assertEquals({ code: exit?.["code"], signal: exit?.["signal"] }, { code: 0, signal: null }, "not gracefully");
    }));

  it("stop does not wait for a zombie that its parent never reaps", () =>
    withInstance(async (instance) => {
      const [zombieFile, parentFile] = [join(instance.home, "zombie.pid"), join(instance.home, "parent.pid")];
      const env = { STIGMER_TEMPORAL_BIN: wrapTemporal(instance.home, unreapedChild(zombieFile, parentFile)) };
      const { temporal, supervisor } = pidsOf(await instance.start(["--headless"], { env }));
      const parent = await readPid(parentFile);
      try {
        const zombie = await readPid(zombieFile);
        await until("it is a zombie", () => instance.processes.inspect(zombie)?.state === "Z");
        assertEquals(instance.processes.inspect(zombie)?.pgid, temporal);

        const stopped = await instance.stop(["--json"]);
        assertEquals([stopped.code, JSON.parse(stopped.stdout).forced], [0, false], stopped.stderr);
        assertNothingLeft(instance, [temporal, supervisor]);
        assertEquals(instance.processes.inspect(zombie)?.state, "Z", "the zombie was there all along");
        assert(isAlive(parent), "its parent, which is neither in the group nor has the lock, is left alone");
      } finally {
        signalIfThere(parent, "SIGKILL");
      }
    }));

  it("after a crash, the rest of the process group is killed before Temporal restarts", () =>
    withInstance(async (instance) => {
      const [stubbornFile, escapedFile] = [join(instance.home, "stubborn.pid"), join(instance.home, "escaped.pid")];
      const prelude = `${stubbornChild(stubbornFile)}\n${escapedChild(escapedFile)}`;
      const env = { STIGMER_TEMPORAL_BIN: wrapTemporal(instance.home, prelude) };
      const { temporal } = pidsOf(await instance.start(["--headless"], { env }));
      const left = [await readPid(stubbornFile), await readPid(escapedFile)];

      process.kill(temporal, "SIGKILL");
      await untilRecovered(instance, temporal);
      for (const pid of left) assert(!isAlive(pid), `pid ${pid} of the dead Temporal is alive`);
    }));
});
