import { existsSync, readdirSync, unlinkSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { LocalError } from "../../lib/errors/local_error.ts";
import type { LaunchRequest } from "../../lib/instance/context.ts";
import { terminate, Termination } from "../../lib/process/terminate.ts";
import { reconcile, type Reconciled, type ReconcileOptions } from "../../lib/temporal/reconcile.ts";
import { BINARY, type FakeInstance, withFakeInstance } from "../fakes/instance.ts";
import type { FakeProcess } from "../fakes/process_table.ts";

/** Reconciles as the holder of `supervisor.lock`. */
async function reconciling(
  fake: FakeInstance,
  request: Partial<LaunchRequest> = {},
  options: Partial<ReconcileOptions> = {},
): Promise<Reconciled> {
  const { signal = new AbortController().signal } = options;
  await fake.system.tryLock(fake.paths.supervisorLock);
  const termination = new Termination(fake.system);
  signal.addEventListener("abort", () => termination.cancel());
  return await reconcile(fake.instance, fake.launchRequest(request), {
    signal,
    warn: (message) => fake.warnings.push(message),
    terminate: (target, graceMs) => terminate(fake.instance, target, graceMs, termination),
    ...fake.lock,
    isThorough: false,
    ...options,
  });
}

/** Proves that nothing is there any more, and that we hold the lock for the next launch. */
function assertClear(found: Reconciled, fake: FakeInstance): Extract<Reconciled, { kind: "clear" }> {
  assert(found.kind === "clear", found.kind);
  const holders = fake.system.processes.lockHolders(fake.paths.processLock).filter(({ on }) => on === "path");
  assertEquals(holders.map(({ pid }) => pid), [fake.system.table.self.pid]);
  return found;
}

function assertAdopted(found: Reconciled, temporal: FakeProcess, fake: FakeInstance): typeof found {
  assert(found.kind === "adopted", found.kind);
  const { pid, startTime, adopted } = found.temporal;
  assertEquals([pid, startTime, adopted], [temporal.pid, temporal.startTime, true]);
  assertEquals(fake.system.signals.sent, []);
  assertEquals(fake.warnings, []);
  return found;
}

/** What a Temporal got that is asked to end, and does so. */
const ASKED_TO_END = ["SIGTERM"];

describe("reconcile() where nothing is alive", () => {
  it(
    "takes the lock of a new home",
    withFakeInstance(async (fake) => {
      const { base, binary } = assertClear(await reconciling(fake), fake);
      assertEquals([base, binary], [undefined, BINARY]);
    }),
  );

  it(
    "refuses a launch without a binary",
    withFakeInstance(async (fake) => {
      const error = await assertRejects(() => reconciling(fake, { binary: null }), LocalError);
      assertEquals(error.code, "binary-not-found");
    }),
  );

  it(
    "begins with the defaults after a crash of everything, and leaves the record to the next launch",
    withFakeInstance(async (fake) => {
      fake.system.table.exit(await fake.orphan({ settings: { port: 7300 } }));
      const { base, binary } = assertClear(await reconciling(fake, { binary: null }), fake);
      assertEquals([base, binary], [undefined, BINARY]);
      assertEquals([existsSync(fake.paths.record), fake.warnings], [true, []]);
    }),
  );

  it(
    "keeps the settings of a dead Temporal that is replaced",
    withFakeInstance(async (fake) => {
      fake.system.table.exit(await fake.orphan({ settings: { port: 7300 } }));
      assertEquals(assertClear(await reconciling(fake, { replace: true }), fake).base?.port, 7300);
    }),
  );

  it(
    "takes a zombie for dead",
    withFakeInstance(async (fake) => {
      const orphan = await fake.orphan();
      orphan.parentPid = fake.system.table.spawn({ neverReaps: true }).pid;
      fake.system.table.exit(orphan);
      assertEquals(orphan.state, "Z");
      assertClear(await reconciling(fake), fake);
      assertEquals([fake.system.signals.sent, fake.warnings], [[], []]);
    }),
  );

  it(
    "takes the lock of one that dies at this moment, and does not wait until it is healthy",
    withFakeInstance(async (fake) => {
      const orphan = await fake.orphan();
      fake.system.table.exit(orphan, 300);
      const beganMs = fake.system.nowMs();
      assertClear(await reconciling(fake), fake);
      assert(fake.system.nowMs() - beganMs < 2000, `${fake.system.nowMs() - beganMs} ms`);
    }),
  );

  for (const content of ["", "no record\n", "1\ntemporal\n0\n"]) {
    it(
      `sets a record aside that reads ${JSON.stringify(content)}`,
      withFakeInstance(async (fake) => {
        writeFileSync(fake.paths.record, content);
        assertClear(await reconciling(fake), fake);
        assertStringIncludes(fake.warnings.join(), "temporal.pid.set-aside");
        assertEquals(recordsIn(fake), ["temporal.pid.set-aside"]);
      }),
    );
  }
});

function recordsIn(fake: FakeInstance): string[] {
  return readdirSync(fake.paths.home).filter((name) => name.startsWith("temporal.pid")).sort();
}

describe("reconcile() where the recorded PID was reused", () => {
  const reused = {
    "another start time": { startTime: "1" },
    "another boot": { bootId: "00000000-1111-2222-3333-444444444444" },
    "another executable": { executable: "/usr/bin/other" },
    "no start time, as old records": { startTime: "" },
  };
  for (const [why, change] of Object.entries(reused)) {
    it(
      `never signals that process, and sets the record aside: ${why}`,
      withFakeInstance(async (fake) => {
        const bystander = fake.system.table.spawn({ executable: BINARY, argv: [BINARY, "server", "start-dev"] });
        fake.writeRecord(bystander, change);
        assertClear(await reconciling(fake), fake);
        assertEquals([bystander.received, fake.isAlive(bystander)], [[], true]);
        assertStringIncludes(fake.warnings.join(), `temporal (pid ${bystander.pid})`);
        assertEquals(recordsIn(fake), ["temporal.pid.set-aside"]);
      }),
    );
  }

  it(
    "keeps each record that was set aside",
    withFakeInstance(async (fake) => {
      const bystander = fake.system.table.spawn();
      for (let n = 0; n < 3; n++) {
        fake.writeRecord(bystander, { startTime: "1" });
        assertClear(await reconciling(fake), fake);
      }
      assertEquals(recordsIn(fake), ["temporal.pid.set-aside", "temporal.pid.set-aside-2", "temporal.pid.set-aside-3"]);
    }),
  );

  it(
    "adopts the Temporal that holds the lock all the same",
    withFakeInstance(async (fake) => {
      const orphan = await fake.orphan({ record: null });
      const bystander = fake.system.table.spawn();
      fake.writeRecord(bystander, { startTime: "1" });
      assertAdopted(await reconciling(fake, { requested: { headless: true, dbFilename: null } }), orphan, fake);
      assertEquals(bystander.received, []);
    }),
  );
});

describe("reconcile() where a Temporal works", () => {
  it(
    "adopts it by its lock",
    withFakeInstance(async (fake) => {
      const orphan = await fake.orphan({ settings: { port: 7300 }, record: { version: "1.5.1" } });
      const found = assertAdopted(await reconciling(fake), orphan, fake);
      assert(found.kind === "adopted");
      assertEquals([found.proof, found.temporal.settings.port, found.temporal.version], ["lock", 7300, "1.5.1"]);
      assertEquals(await fake.system.tryLock(fake.paths.processLock), null);
    }),
  );

  it(
    "adopts it by a lock whose file was deleted",
    withFakeInstance(async (fake) => {
      const orphan = await fake.orphan({ lock: "deleted" });
      const found = assertAdopted(await reconciling(fake), orphan, fake);
      assertEquals(found.kind === "adopted" && found.proof, "deleted-lock");
    }),
  );

  it(
    "adopts it by its record",
    withFakeInstance(async (fake) => {
      const orphan = await fake.orphan({ lock: "none" });
      const found = assertAdopted(await reconciling(fake), orphan, fake);
      assertEquals(found.kind === "adopted" && found.proof, "record");
    }),
  );

  it(
    "finds one of which only its deleted lock tells when it looks thoroughly, and else does not look for it",
    withFakeInstance(async (fake) => {
      const orphan = await fake.orphan({ lock: "deleted", record: null });
      const request = { requested: { headless: true, dbFilename: null } };
      assertClear(await reconciling(fake, request), fake);
      assertAdopted(await reconciling(fake, request, { isThorough: true }), orphan, fake);
    }),
  );

  it(
    "adopts one without a record when it would be launched with the very same arguments",
    withFakeInstance(async (fake) => {
      const orphan = await fake.orphan({ record: null });
      assertAdopted(await reconciling(fake, { requested: { headless: true, dbFilename: null } }), orphan, fake);
    }),
  );

  it(
    "replaces one without a record that has other arguments",
    withFakeInstance(async (fake) => {
      const orphan = await fake.orphan({ record: null, argv: [BINARY, "server", "start-dev", "--log-level", "debug"] });
      assertClear(await reconciling(fake, { requested: { headless: true, dbFilename: null } }), fake);
      assertEquals(orphan.received.slice(0, 1), ASKED_TO_END);
    }),
  );

  it(
    "adopts one that becomes healthy within its time",
    withFakeInstance(async (fake) => {
      const orphan = await fake.orphan({ answers: "refuses" });
      fake.system.clock.after(2500, () => fake.system.ports.listen(orphan, "127.0.0.1", 7233));
      assertAdopted(await reconciling(fake), orphan, fake);
    }),
  );

  it(
    "adopts it when a child of its group is the one that listens",
    withFakeInstance(async (fake) => {
      const orphan = await fake.orphan({ answers: "refuses" });
      fake.system.ports.listen(fake.system.table.fork(orphan), "127.0.0.1", 7233);
      assertAdopted(await reconciling(fake), orphan, fake);
    }),
  );

  it(
    "adopts it whatever other binary was found, unless that one was asked for",
    withFakeInstance(async (fake) => {
      const orphan = await fake.orphan();
      assertAdopted(await reconciling(fake, { binary: "/opt/other" }), orphan, fake);
      assertAdopted(await reconciling(fake, { binaryRequested: true }), orphan, fake);
      const { binary } = assertClear(await reconciling(fake, { binary: "/opt/other", binaryRequested: true }), fake);
      assertEquals([binary, orphan.received.slice(0, 1)], ["/opt/other", ASKED_TO_END]);
    }),
  );

  it(
    "sees the end of the one that it adopted",
    withFakeInstance(async (fake) => {
      const orphan = await fake.orphan();
      const found = assertAdopted(await reconciling(fake), orphan, fake);
      fake.system.clock.after(5000, () => fake.system.table.exit(orphan));
      assertEquals(found.kind === "adopted" && await found.temporal.ended, { code: null, signal: null });
      assertEquals(fake.isAlive(orphan), false);
    }),
  );
});

describe("reconcile() where a Temporal is to be replaced", () => {
  const requests: Record<string, Partial<LaunchRequest>> = {
    "other settings were asked for": { requested: { logLevel: "error" } },
    "a replacement was asked for": { replace: true },
  };
  for (const [why, request] of Object.entries(requests)) {
    it(
      `asks it to end and keeps its settings: ${why}`,
      withFakeInstance(async (fake) => {
        const orphan = await fake.orphan({ settings: { port: 7300 }, atSigterm: { exitsAfterMs: 11_000 } });
        const { base } = assertClear(await reconciling(fake, request), fake);
        assertEquals([orphan.received.includes("SIGKILL"), fake.isAlive(orphan)], [false, false]);
        assertEquals([base?.port, fake.warnings], [7300, []]);
      }),
    );

    it(
      `kills it after its grace period: ${why}`,
      withFakeInstance(async (fake) => {
        const orphan = await fake.orphan({ atSigterm: "ignores it" });
        const before = fake.system.nowMs();
        assertClear(await reconciling(fake, request), fake);
        assertEquals([orphan.received[0], orphan.received.at(-1)], ["SIGTERM", "SIGKILL"]);
        assert(fake.system.nowMs() - before >= 12_000);
      }),
    );
  }

  it(
    "does not touch it when the next one could not have its port",
    withFakeInstance(async (fake) => {
      const orphan = await fake.orphan();
      const foreign = fake.system.table.spawn({ argv: ["nc", "-l"] });
      fake.system.ports.listen(foreign, "127.0.0.1", 7300);
      const error = await assertRejects(() => reconciling(fake, { requested: { port: 7300 } }), LocalError);
      assertEquals([error.code, error.facts["pid"]], ["port-taken", foreign.pid]);
      assertEquals([orphan.received, foreign.received, fake.isAlive(orphan)], [[], [], true]);
    }),
  );

  it(
    "lets the next one have the ports of the one that it replaces",
    withFakeInstance(async (fake) => {
      await fake.orphan();
      assertClear(await reconciling(fake, { requested: { port: 7233, logLevel: "error" } }), fake);
    }),
  );

  it(
    "does not end it for one without a binary",
    withFakeInstance(async (fake) => {
      const orphan = await fake.orphan({ executable: null, record: null });
      const error = await assertRejects(() => reconciling(fake, { binary: null, replace: true }), LocalError);
      assertEquals([error.code, orphan.received], ["binary-not-found", []]);
    }),
  );
});

describe("reconcile() where a Temporal does not work", () => {
  const broken: Record<string, (fake: FakeInstance) => Promise<FakeProcess>> = {
    "it refuses connections": (fake) => fake.orphan({ answers: "refuses" }),
    "it never answers": (fake) => fake.orphan({ answers: "never" }),
    "it does not speak gRPC": (fake) => fake.orphan({ answers: "is no Temporal" }),
    "it is stopped": async (fake) => {
      const orphan = await fake.orphan();
      fake.system.kill(orphan.pid, "SIGSTOP");
      return orphan;
    },
    "another process has its port": async (fake) => {
      const orphan = await fake.orphan({ answers: "refuses" });
      fake.system.ports.listen(fake.system.table.spawn(), "127.0.0.1", 7233);
      return orphan;
    },
    "its data was deleted": async (fake) => {
      const dbFilename = fake.writeDatabase();
      const orphan = await fake.orphan({ settings: { dbFilename } });
      unlinkSync(dbFilename);
      return orphan;
    },
  };
  for (const [why, arrange] of Object.entries(broken)) {
    it(
      `kills it at once, for there is nothing to drain: ${why}`,
      withFakeInstance(async (fake) => {
        const orphan = await arrange(fake);
        assertClear(await reconciling(fake), fake);
        assertEquals([orphan.received.includes("SIGTERM"), orphan.received.at(-1)], [false, "SIGKILL"]);
        assertEquals(fake.isAlive(orphan), false);
        assert(fake.system.table.all().every(({ received, pid }) => pid === orphan.pid || received.length === 0));
      }),
    );
  }

  it(
    "kills the members that a dead leader left, and takes its lock from them",
    withFakeInstance(async (fake) => {
      const orphan = await fake.orphan();
      const members = [fake.system.table.fork(orphan), fake.system.table.fork(orphan)];
      fake.system.table.exit(orphan);
      assertClear(await reconciling(fake), fake);
      assertEquals(members.map(({ received }) => received), [["SIGKILL"], ["SIGKILL"]]);
    }),
  );

  it(
    "kills what left the group of a dead Temporal with its lock",
    withFakeInstance(async (fake) => {
      const orphan = await fake.orphan({ answers: "refuses" });
      const escaped = fake.system.table.fork(orphan);
      fake.system.table.setsid(escaped);
      assertClear(await reconciling(fake), fake);
      assertEquals([fake.isAlive(orphan), fake.isAlive(escaped)], [false, false]);
    }),
  );

  it(
    "fails when not even SIGKILL ends it",
    withFakeInstance(async (fake) => {
      await fake.orphan({ isUninterruptible: true, answers: "never" });
      assertEquals((await assertRejects(() => reconciling(fake), LocalError)).code, "stop-failed");
    }),
  );
});

describe("reconcile() where the lock is held by a process that is none of ours", () => {
  /** `flock temporal.lock make`, typed into a shell. */
  async function jobOfShell(fake: FakeInstance): Promise<FakeProcess> {
    const shell = fake.system.table.spawn({ argv: ["bash"] }, 1);
    const job = fake.system.table.fork(shell, { argv: ["flock", "temporal.lock", "make"] });
    job.pgid = job.pid;
    await fake.passLock(fake.paths.processLock, job);
    return job;
  }

  it(
    "names it, and does not signal it",
    withFakeInstance(async (fake) => {
      const job = await jobOfShell(fake);
      const error = await assertRejects(() => reconciling(fake), LocalError);
      assertEquals([error.code, error.facts["pid"], job.received], ["lock-failed", job.pid, []]);
    }),
  );

  it(
    "waits for one that lets go of it soon",
    withFakeInstance(async (fake) => {
      const job = await jobOfShell(fake);
      fake.system.clock.after(3000, () => fake.system.table.exit(job));
      assertClear(await reconciling(fake), fake);
      assertEquals(job.received, []);
    }),
  );

  it(
    "names no process when the holder cannot be seen",
    withFakeInstance(async (fake) => {
      await fake.passLock(fake.paths.processLock, fake.system.table.spawn({ isOtherUsers: true }, 1));
      const error = await assertRejects(() => reconciling(fake), LocalError);
      assertEquals([error.code, error.facts["pid"]], ["lock-failed", undefined]);
    }),
  );

  it(
    "does not take a file that was put in the place of the deleted lock for ours",
    withFakeInstance(async (fake) => {
      const orphan = await fake.orphan({ lock: "deleted" });
      const job = await jobOfShell(fake);
      assertAdopted(await reconciling(fake), orphan, fake);
      assertEquals(job.received, []);
    }),
  );
});

describe("reconcile() that is superseded meanwhile", () => {
  it(
    "does not touch a Temporal whose health it waits for",
    withFakeInstance(async (fake) => {
      const orphan = await fake.orphan({ answers: "refuses" });
      const superseded = new AbortController();
      fake.system.clock.after(1000, () => superseded.abort(new Error("superseded")));
      const { signal } = superseded;
      await assertRejects(() => reconciling(fake, {}, { signal }), Error, "superseded");
      assertEquals([orphan.received, fake.isAlive(orphan)], [[], true]);
    }),
  );

  it(
    "leaves one that it is ending to the other supervisor, with its record and its lock",
    withFakeInstance(async (fake) => {
      const orphan = await fake.orphan({ atSigterm: "ignores it" });
      const superseded = new AbortController();
      fake.system.clock.after(1000, () => superseded.abort(new Error("superseded")));
      const { signal } = superseded;
      await assertRejects(() => reconciling(fake, { replace: true }, { signal }), Error, "superseded");
      assertEquals([orphan.received.includes("SIGKILL"), fake.isAlive(orphan)], [false, true]);
      assertEquals(recordsIn(fake), ["temporal.pid"]);
      assertEquals(fake.system.processes.lockHolders(fake.paths.processLock).map(({ pid }) => pid), [orphan.pid]);
    }),
  );
});
