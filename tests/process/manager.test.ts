import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { LocalError } from "../../lib/errors/local_error.ts";
import { HeldHome } from "../../lib/instance/lock_guard.ts";
import { readyOrEnded } from "../../lib/process/bring_up.ts";
import { ProcessManager } from "../../lib/process/manager.ts";
import type { Program } from "../../lib/process/program.ts";
import type { Event } from "../../lib/process/states.ts";
import { recordOfProcess, type TrackedProcess } from "../../lib/process/tracked_process.ts";
import { type FakeInstance, type OrphanOptions, withFakeInstance } from "../fakes/instance.ts";

/** Looks at what an earlier supervisor left for as long as it is let. */
const look: Program<TrackedProcess>["bringUp"] = async ({ signal, tryLock }) => {
  await tryLock();
  return await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
};

/** A manager that brings its program up. */
async function bringingUp(fake: FakeInstance, bringUp: Program<TrackedProcess>["bringUp"]) {
  const { instance, paths, system } = fake;
  const home = new HeldHome(paths, (await system.tryLock(paths.supervisorLock))!);
  const program: Program<TrackedProcess> = {
    name: "Temporal",
    bringUp,
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
  return { manager, events, kinds: () => events.map(({ kind }) => kind) };
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
        const { manager, kinds } = await bringingUp(fake, look);
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
      const { manager, kinds } = await bringingUp(fake, look);
      manager.release();
      manager.terminate(12_000);
      await fake.system.delay(1000);
      assertEquals([temporal.received, kinds(), manager.lastTerminated], [[], [], null]);
    }),
  );
});

describe("ProcessManager.launch()", () => {
  it(
    "tells why a process failed whose lock was deleted, though the manager holds the one at its path",
    withFakeInstance(async (fake) => {
      const { system } = fake;
      const orphan = await fake.orphan({ lock: "deleted" });
      const { pid, startTime } = orphan;
      const process = { pid, startTime, executable: null, startedAtMs: 0, adopted: true, ended: orphan.exited };
      const { manager, events } = await bringingUp(fake, async (launch) => {
        launch.track(process, "deleted-lock");
        await readyOrEnded(process, launch, (signal) => system.delay(60_000, signal));
        throw new LocalError("launch-failed", "It exited");
      });
      assertEquals(await manager.guard(), true, "it holds a new lock file at the path");
      system.table.exit(orphan);
      await system.delay(1000);
      const codes = events.map((event) => event.kind === "launchFailed" ? event.failure.code : event.kind);
      assertEquals(codes, ["exited", "launch-failed"]);
      assertEquals(await manager.guard(), true);
      manager.release();
    }),
  );
});
