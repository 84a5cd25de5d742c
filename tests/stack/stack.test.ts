import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import type { ProcessSettings } from "../../lib/config/processes.ts";
import { HeldHome } from "../../lib/instance/lock_guard.ts";
import { processesDir, processPaths } from "../../lib/instance/paths.ts";
import { poll } from "../../lib/platform/runtime/poll.ts";
import { Stack } from "../../lib/stack/stack.ts";
import { type FakeInstance, withFakeInstance } from "../fakes/instance.ts";
import { withTempDir } from "../support.ts";
import { processSettings, surroundings } from "./support.ts";

async function stackOf(fake: FakeInstance, declared: ProcessSettings[]): Promise<Stack> {
  const { instance, paths, system } = fake;
  const { served, servesSinceMs } = surroundings();
  return new Stack({
    instance,
    home: new HeldHome(paths, (await system.tryLock(paths.supervisorLock))!),
    ...{ served, servesSinceMs },
    answers: () => Promise.resolve(true),
    whenServing: () => Promise.resolve(),
    warn: (message) => fake.warnings.push(message),
  }, declared);
}

describe("Stack", () => {
  it(
    "ends what is not declared any more, and warns of what it cannot end",
    withFakeInstance(async (fake) => {
      const { paths, system } = fake;
      mkdirSync(processesDir(paths.home), { recursive: true });
      const left = system.table.spawn({}, 1);
      await fake.passLock(processPaths(paths, "left").processLock, left);
      const shell = system.table.spawn({ argv: ["bash"] }, 1);
      const job = system.table.fork(shell, { argv: ["flock", "foreign.lock", "make"] });
      job.pgid = job.pid;
      await fake.passLock(processPaths(paths, "foreign").processLock, job);
      const stack = await stackOf(fake, []);
      await stack.undeclaredEnded;
      assertEquals([left.received[0], job.received], ["SIGTERM", []]);
      assertEquals(fake.warnings.length, 1);
      assert(fake.warnings[0]!.includes(`foreign.lock is held by pid ${job.pid} (flock foreign.lock make)`));
      stack.release();
    }),
  );

  it("sees a change of a watched file as soon as a process is launched", () =>
    withTempDir((folder) =>
      withFakeInstance(async (fake) => {
        for (let at = 0; at < 200; at++) mkdirSync(join(folder, `${at}`));
        let launches = 0;
        fake.system.programs.set("/opt/worker", () => {
          if (launches++ === 0) writeFileSync(join(folder, "199", "a.ts"), "");
        });
        const stack = await stackOf(fake, [processSettings({ project: folder, watch: [folder] })]);
        stack.begin();
        const isLaunchedAgain = await poll(() => launches > 1 || null, { everyMs: 10, timeoutMs: 30_000 });
        await stack.end(0);
        stack.release();
        assert(isLaunchedAgain, "the change was missed");
      })()
    ));
});
