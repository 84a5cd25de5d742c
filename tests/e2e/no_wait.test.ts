import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Failure } from "../../lib/errors/failure.ts";
import type { Status } from "../../lib/instance/status/status.ts";
import { isAlive, withInstance } from "./support.ts";
import { untilEvent } from "./support_events.ts";
import { pidsOf } from "./support_lifecycle.ts";
import { fakeTemporal } from "./support_strangers.ts";

const NO_WAIT = ["start", "--no-wait", "--json", "--headless"] as const;

describe("start --no-wait", () => {
  it("returns when the supervisor runs, and wait waits for Temporal; other settings are still refused", () =>
    withInstance(async (instance) => {
      const first = await instance.run(NO_WAIT);
      assertEquals(first.code, 0, first.stdout);
      const { supervisor } = JSON.parse(first.stdout) as Status;
      const { code, stdout } = await instance.run(["wait", "--json"]);
      assertEquals(code, 0, stdout);
      const status = JSON.parse(stdout) as Status;
      assertEquals(pidsOf(status).supervisor, supervisor?.pid);

      const refused = await instance.run([...NO_WAIT, "--log-level", "debug"]);
      assertEquals(refused.code, 1, refused.stdout);
      assertEquals((JSON.parse(refused.stdout) as { error: Failure }).error.code, "settings-differ");

      // A supervisor that is about to exit is not relied on: after a stop, Temporal is started again.
      const stop = instance.launch(["stop"]);
      await untilEvent(instance, "stopping");
      const again = await instance.run(NO_WAIT);
      assertEquals(again.code, 0, again.stdout);
      assert(!["stopping", "stopped", "failed"].includes((JSON.parse(again.stdout) as Status).state), again.stdout);
      assertEquals((await stop.ended).code, 0);
      const after = JSON.parse((await instance.run(["wait", "--json"])).stdout) as Status;
      assert(pidsOf(after).supervisor !== pidsOf(status).supervisor);
      assert(!isAlive(pidsOf(status).temporal));
    }));

  it("leaves a failure that comes later to wait", () =>
    withInstance(async (instance) => {
      const go = join(instance.home, "go");
      const script = `while ! test -e '${go}'; do sleep 0.05; done; echo "out of cheese" >&2; exit 1`;
      const { code, stdout } = await instance.run([...NO_WAIT, "--temporal-bin", fakeTemporal(instance.home, script)]);
      assertEquals([code, (JSON.parse(stdout) as Status).state], [0, "starting"], stdout);
      const wait = instance.launch(["wait", "--json"]);
      writeFileSync(go, "");
      const waited = await wait.ended;
      const { error } = JSON.parse(waited.stdout) as { error: Failure };
      assertEquals([waited.code, error.code], [1, "launch-failed"]);
      assertStringIncludes(error.message, "out of cheese");
    }));
});
