import { mkdirSync } from "node:fs";
import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { HeldHome } from "../../lib/instance/lock_guard.ts";
import { processesDir, processPaths } from "../../lib/instance/paths.ts";
import { Stack } from "../../lib/stack/stack.ts";
import { withFakeInstance } from "../fakes/instance.ts";
import { surroundings } from "./support.ts";

describe("Stack", () => {
  it(
    "ends what is not declared any more, and warns of what it cannot end",
    withFakeInstance(async (fake) => {
      const { instance, paths, system } = fake;
      mkdirSync(processesDir(paths.home), { recursive: true });
      const left = system.table.spawn({}, 1);
      await fake.passLock(processPaths(paths, "left").processLock, left);
      const shell = system.table.spawn({ argv: ["bash"] }, 1);
      const job = system.table.fork(shell, { argv: ["flock", "foreign.lock", "make"] });
      job.pgid = job.pid;
      await fake.passLock(processPaths(paths, "foreign").processLock, job);
      const { served, servesSinceMs } = surroundings();
      const stack = new Stack({
        instance,
        home: new HeldHome(paths, (await system.tryLock(paths.supervisorLock))!),
        ...{ served, servesSinceMs },
        answers: () => Promise.resolve(true),
        whenServing: () => Promise.resolve(),
        warn: (message) => fake.warnings.push(message),
      }, []);
      await stack.undeclaredEnded;
      assertEquals([left.received[0], job.received], ["SIGTERM", []]);
      assertEquals(fake.warnings.length, 1);
      assert(fake.warnings[0]!.includes(`foreign.lock is held by pid ${job.pid} (flock foreign.lock make)`));
      stack.release();
    }),
  );
});
