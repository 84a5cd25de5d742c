// test: seconds 900
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { assertNothingLeft, isAlive, signalIfThere, until, withInstance } from "./support.ts";
import {
  escapedChild,
  pidsOf,
  readPid,
  stubbornChild,
  unreapedChild,
  untilRecovered,
  wrapTemporal,
} from "./support_lifecycle.ts";

describe("the process group of Temporal", () => {
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
