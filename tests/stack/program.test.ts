import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { ProcessSettings } from "../../lib/config/processes.ts";
import { instanceEnvironment } from "../../lib/environment/instance_environment.ts";
import { LocalError } from "../../lib/errors/local_error.ts";
import type { Instance } from "../../lib/instance/context.ts";
import { processesDir, processPaths } from "../../lib/instance/paths.ts";
import { formatRecord } from "../../lib/instance/pid_file_format.ts";
import type { Launch } from "../../lib/process/program.ts";
import { terminate } from "../../lib/process/terminate.ts";
import { MARKER, markerOf } from "../../lib/stack/leftovers.ts";
import { type StackProcess, StackProgram } from "../../lib/stack/program.ts";
import { type FakeInstance, lentLock, withFakeInstance } from "../fakes/instance.ts";
import type { FakeProcess, ProcessOptions } from "../fakes/process_table.ts";
import { processSettings, surroundings } from "./support.ts";

/** A folder that does not exist, so that a launch fails at once, with a word of its own. */
const LAUNCHES = { directory: "/nonexistent" };

/** A worker that an earlier supervisor left, and a program that is to bring it up as `settings` say. */
class Left {
  readonly instance: Instance;
  readonly tracked: StackProcess[] = [];
  readonly warnings: string[] = [];
  readonly fake: FakeInstance;
  readonly settings: ProcessSettings;
  readonly #abort = new AbortController();

  constructor(fake: FakeInstance, settings: Partial<ProcessSettings> = {}) {
    this.fake = fake;
    this.settings = processSettings(settings);
    mkdirSync(processesDir(fake.paths.home), { recursive: true });
    this.instance = { ...fake.instance, paths: processPaths(fake.paths, "worker") };
  }

  /** The worker: launched as `settings` say, for a Temporal at `address`. */
  async worker(
    settings: ProcessSettings,
    { address = "127.0.0.1:7233", hasLock = true, startTime, ...options }: ProcessOptions & {
      address?: string;
      hasLock?: boolean;
      startTime?: string;
    } = {},
  ): Promise<FakeProcess> {
    const { instance, fake } = this;
    const process = fake.system.table.spawn({ argv: ["/opt/worker"], executable: "/opt/worker", ...options }, 1);
    if (hasLock) await fake.passLock(instance.paths.processLock, process);
    const served = { address, namespace: "default", uiUrl: null };
    const given = Object.entries(instanceEnvironment(instance.host, served)).filter(([, value]) => value !== null);
    const environment = {
      ...Object.fromEntries(given) as Record<string, string>,
      STIGMER_HOME: instance.paths.home,
      ...settings.environment,
      [MARKER]: markerOf(instance.paths),
    };
    const { pid } = process;
    const { bootId } = fake.system;
    const record = { pid, startedAtS: 1, startTime: startTime ?? process.startTime, bootId, executable: "/opt/worker" };
    writeFileSync(instance.paths.record, formatRecord({ ...record, launched: { settings, environment } }, "worker"));
    return process;
  }

  async bringUp(): Promise<StackProcess> {
    const { instance } = this;
    using held = {
      lock: await instance.tryLock(instance.paths.supervisorLock),
      [Symbol.dispose]() {
        this.lock?.close();
      },
    };
    assert(held.lock !== null);
    const lock = lentLock(instance);
    const launch: Launch<StackProcess> = {
      signal: this.#abort.signal,
      first: true,
      terminate: (target, graceMs) => terminate(instance, target, graceMs),
      ...lock,
      track: (process) => this.tracked.push(process),
      updateRecord: () => {},
      forget: () => {},
    };
    const seen = surroundings({ warn: (message) => this.warnings.push(message) });
    return await new StackProgram(instance, this.settings, seen, () => {}).bringUp(launch).finally(lock.free);
  }

  /** That a launch is tried: nothing was adopted. */
  async launches(): Promise<void> {
    const error = await assertRejects(() => this.bringUp(), LocalError);
    assertEquals(error.message, "worker: its directory /nonexistent does not exist");
    assertEquals(this.tracked, []);
  }
}

describe("bringing up a process that an earlier supervisor left", () => {
  it(
    "adopts it, without a signal, if it runs as it is wanted",
    withFakeInstance(async (fake) => {
      const left = new Left(fake, { stopTimeoutMs: 1, watch: ["/shop/src"] });
      // What does not change the process itself may differ.
      const worker = await left.worker(processSettings({ stopTimeoutMs: 2, dependsOn: ["codec"] }));
      const { pid, adopted, startTime } = await left.bringUp();
      assertEquals([pid, adopted, startTime], [worker.pid, true, worker.startTime]);
      assertEquals([left.tracked.length, worker.received], [1, []]);
    }),
  );

  it(
    "replaces it if its address, command or environment differ, after the stop_timeout that it was launched with",
    withFakeInstance(async (fake) => {
      const left = new Left(fake, LAUNCHES);
      const before = processSettings({ ...LAUNCHES, stopTimeoutMs: 3000 });
      const others: [ProcessSettings, string?][] = [
        [before, "127.0.0.1:7300"],
        [{ ...before, command: ["/opt/other"] }],
        [{ ...before, directory: "/shop" }],
        [{ ...before, environment: { LEVEL: "debug" } }],
      ];
      for (const [settings, address] of others) {
        const worker = await left.worker(settings, { ...(address && { address }), atSigterm: "ignores it" });
        const begunMs = fake.system.nowMs();
        await left.launches();
        assertEquals(worker.received, ["SIGTERM", "SIGCONT", "SIGKILL"]);
        const tookMs = fake.system.nowMs() - begunMs;
        assert(tookMs >= 3000 && tookMs < 4000, `${tookMs}`);
      }
    }),
  );

  it(
    "knows it by its record where its lock is lost, and signals no process that reused its PID",
    withFakeInstance(async (fake) => {
      const left = new Left(fake, LAUNCHES);
      const worker = await left.worker(processSettings(), { hasLock: false });
      await left.launches();
      assertEquals(worker.received[0], "SIGTERM", "its directory differs");

      const reused = await left.worker(processSettings(), { hasLock: false, startTime: "1" });
      await left.launches();
      assertEquals(reused.received, []);
      assert(left.warnings[0]!.includes("it points at worker"), left.warnings[0]);
    }),
  );

  it(
    "sets what is in the place of its record aside, so that there can be one",
    withFakeInstance(async (fake) => {
      const left = new Left(fake, LAUNCHES);
      mkdirSync(left.instance.paths.record);
      await left.launches();
      assertEquals(left.warnings, ["The record worker.pid was set aside as worker.pid.set-aside: not-a-file"]);
      assertEquals(readdirSync(processesDir(fake.paths.home)), ["worker.pid.set-aside"]);
    }),
  );

  it(
    "ends what is left of its group without its lock, if that bears its mark",
    withFakeInstance(async (fake) => {
      const left = new Left(fake, LAUNCHES);
      const mark = `${MARKER}=${markerOf(left.instance.paths)}`;
      for (const environment of [[], [mark]]) {
        const worker = await left.worker(processSettings(), { hasLock: false, environment });
        const child = fake.system.table.fork(worker);
        fake.system.table.exit(worker);
        await left.launches();
        assertEquals(child.received, environment.length === 0 ? [] : ["SIGTERM"]);
      }
    }),
  );
});
