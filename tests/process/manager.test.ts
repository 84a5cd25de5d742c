import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { HeldHome } from "../../lib/instance/lock_guard.ts";
import { ProcessManager } from "../../lib/process/manager.ts";
import type { Program } from "../../lib/process/program.ts";
import type { Event } from "../../lib/process/states.ts";
import { recordOfProcess, type TrackedProcess } from "../../lib/process/tracked_process.ts";
import { type FakeInstance, type OrphanOptions, withFakeInstance } from "../fakes/instance.ts";

/** A manager whose program looks at what an earlier supervisor left for as long as it is let. */
async function looking(fake: FakeInstance) {
  const { instance, paths, system } = fake;
  const home = new HeldHome(paths, (await system.tryLock(paths.supervisorLock))!);
  const program: Program<TrackedProcess> = {
    name: "Temporal",
    bringUp: async ({ signal, tryLock }) => {
      await tryLock();
      return await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    },
    check: () => Promise.resolve({ ok: true }),
    record: (process) => recordOfProcess(process, system.processes),
    forget: () => {},
    release: () => {},
  };
  const events: Event[] = [];
  const dispatch = (event: Event) => events.push(event);
  const manager = new ProcessManager(instance, program, home, { dispatch, warn: (each) => fake.warnings.push(each) });
  manager.launch(1, true);
  await system.delay(10);
  return { manager, kinds: () => events.map(({ kind }) => kind) };
}

describe("ProcessManager.terminate()", () => {
  const ways: Record<string, OrphanOptions> = {
    "that holds its lock": {},
    "whose lock was deleted": { lock: "deleted" },
    "of which only the record tells": { lock: "none" },
  };
  for (const [what, options] of Object.entries(ways)) {
    it(
      `stops a Temporal ${what} gracefully, though it was not adopted yet`,
      withFakeInstance(async (fake) => {
        const temporal = await fake.orphan(options);
        const { manager, kinds } = await looking(fake);
        manager.terminate(12_000);
        await fake.system.delay(1000);
        assertEquals([temporal.received, fake.system.processes.isThere(temporal.pid)], [["SIGTERM"], false]);
        assertEquals([kinds(), manager.lastTerminated?.pid], [["launchFailed", "gone"], temporal.pid]);
        manager.release();
      }),
    );
  }

  it(
    "leaves it alone once it is released",
    withFakeInstance(async (fake) => {
      const temporal = await fake.orphan();
      const { manager, kinds } = await looking(fake);
      manager.release();
      manager.terminate(12_000);
      await fake.system.delay(1000);
      assertEquals([temporal.received, kinds(), manager.lastTerminated], [[], [], null]);
    }),
  );
});
