import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { completePolicy } from "../../lib/config/policy.ts";
import { HeldHome } from "../../lib/instance/lock_guard.ts";
import { Changes } from "../../lib/process/changes.ts";
import { recordOfProcess, type TrackedProcess } from "../../lib/process/tracked_process.ts";
import { Supervised } from "../../lib/process/supervised.ts";
import { withFakeInstance } from "../fakes/instance.ts";
import type { FakeProcess } from "../fakes/process_table.ts";

describe("Supervised", () => {
  it(
    "does not terminate the next process where a restart comes as the end of the last one is noticed",
    withFakeInstance(async (fake) => {
      const { instance, paths, system } = fake;
      const launched: FakeProcess[] = [];
      const supervised = new Supervised<TrackedProcess>({
        instance,
        program: {
          name: "Temporal",
          bringUp: async ({ claimLock, track }) => {
            await claimLock();
            const next = system.table.spawn({ argv: ["temporal"] });
            launched.push(next);
            const { pid, startTime, exited: ended } = next;
            const process = { pid, startTime, executable: null, startedAtMs: 0, adopted: false, ended };
            track(process);
            return process;
          },
          check: () => Promise.resolve({ ok: true }),
          record: (process) => recordOfProcess(process, system.processes),
          forget: () => {},
          release: () => {},
        },
        home: new HeldHome(paths, (await system.tryLock(paths.supervisorLock))!),
        policy: () => completePolicy({}),
        warn: (message) => fake.warnings.push(message),
        changes: new Changes(),
        beforeStop: () => system.delay(1000), // the processes beside it
      });
      const isRunning = () => supervised.until(({ state }) => state.kind === "running" ? true : null);
      supervised.begin();
      await isRunning();
      const crashed = launched[0]!.exited.then(() => supervised.dispatch({ kind: "restart", graceMs: 12_000 }));
      system.table.exit(launched[0]!);
      await crashed;
      assertEquals(supervised.machine.state.kind, "stopping");
      await isRunning();
      await system.delay(2000);
      const { kind } = supervised.machine.state;
      supervised.health.unwatch();
      supervised.release();
      assertEquals([launched.map(({ received }) => received), kind], [[[], []], "running"]);
    }),
  );
});
