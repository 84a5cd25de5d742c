import { mkdirSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { temporalArgs } from "../../lib/config/dev_server_args.ts";
import { completeSettings, type Settings } from "../../lib/config/settings.ts";
import { createInstance, type Instance, type LaunchRequest } from "../../lib/instance/context.ts";
import { formatRecord, type PidRecord } from "../../lib/instance/pid_file_format.ts";
import type { LockFile } from "../../lib/platform/locks/lock_file.ts";
import { claimLock } from "../../lib/process/claim_lock.ts";
import type { Launch } from "../../lib/process/program.ts";
import type { TrackedProcess } from "../../lib/process/tracked_process.ts";
import { withTempDir } from "../platform/support.ts";
import { fakeHost } from "./host.ts";
import type { Answers } from "./port_table.ts";
import type { FakeProcess, ProcessOptions } from "./process_table.ts";
import { FakeSystem } from "./system.ts";

/** The binary of every Temporal here, unless another is said. */
export const BINARY = "/opt/temporal";

/** A Temporal without a supervisor. */
export interface OrphanOptions extends ProcessOptions {
  settings?: Partial<Settings>;
  /** What became of `temporal.lock`, which it inherited. @default {"held"} */
  lock?: "held" | "deleted" | "none";
  /** What the record says otherwise; null = there is none. */
  record?: Partial<PidRecord> | null;
  /** @default {"serves"} */
  answers?: Answers | "refuses";
}

/** An instance in a {@linkcode FakeSystem}, whose home is a real folder. */
export class FakeInstance {
  readonly system: FakeSystem;
  readonly instance: Instance;
  readonly warnings: string[] = [];
  readonly lock: LentLock;

  constructor(system: FakeSystem, home: string) {
    this.system = system;
    this.instance = createInstance(fakeHost(system), { home, policy: {} }, null, system);
    this.lock = lentLock(this.instance);
  }

  get paths(): Instance["paths"] {
    return this.instance.paths;
  }

  launchRequest(request: Partial<LaunchRequest> = {}): LaunchRequest {
    const home = request.home ?? this.paths.home;
    return { home, binary: BINARY, requested: {}, binaryRequested: false, policy: {}, replace: false, ...request };
  }

  /** Settings of a server without a UI, in memory. */
  settings(requested: Partial<Settings> = {}): Settings {
    return completeSettings({ headless: true, dbFilename: null, ...requested }, this.paths.defaultDatabase);
  }

  /** Begins a Temporal whose supervisor is dead. */
  async orphan(options: OrphanOptions = {}): Promise<FakeProcess> {
    const { settings: requested, lock = "held", record = {}, answers = "serves", ...process } = options;
    const { table, ports } = this.system;
    const settings = this.settings(requested);
    const argv = [BINARY, ...temporalArgs(settings)];
    const temporal = table.spawn({ executable: BINARY, argv, ...process }, 1);
    if (lock !== "none") await this.passLock(this.paths.processLock, temporal);
    if (lock === "deleted") unlinkSync(this.paths.processLock);
    if (answers !== "refuses") ports.listen(temporal, settings.ip, settings.port, answers);
    if (record !== null) this.writeRecord(temporal, { settings, ...record });
    return temporal;
  }

  /** Begins a supervisor that holds its lock; at its control socket it answers, or never does, if it listens at all. */
  async supervisor(
    answers: "answers" | "never" | "does not listen",
    { isLockDeleted = false, ...options }: ProcessOptions & { isLockDeleted?: boolean } = {},
  ): Promise<FakeProcess> {
    const { system: { table, ports }, paths } = this;
    const supervisor = table.spawn({ argv: ["stigmer-local", "supervisor"], ...options }, 1);
    await this.passLock(paths.supervisorLock, supervisor);
    if (isLockDeleted) unlinkSync(paths.supervisorLock);
    if (answers !== "does not listen") ports.serveControl(supervisor, paths.controlSocket, answers === "answers");
    return supervisor;
  }

  /** Whether the process has not exited; a zombie has. */
  isAlive({ pid }: FakeProcess): boolean {
    return this.system.processes.isThere(pid);
  }

  /** Lets `holder` hold the lock at `path`, as one that it inherited. */
  async passLock(path: string, holder: FakeProcess): Promise<void> {
    const lock: LockFile | null = await this.system.tryLock(path);
    if (lock === null) throw new Error(`${path} is locked already`);
    this.system.locks.pass(lock, holder);
    lock.close();
  }

  /** Writes the record of `temporal`, with `changes`. */
  writeRecord(temporal: FakeProcess, changes: Partial<PidRecord> = {}): void {
    const { pid, startTime } = temporal;
    const { bootId } = this.system;
    const facts = { pid, startedAtS: 1_700_000_000, startTime, bootId, executable: BINARY, binary: BINARY };
    writeFileSync(this.paths.record, formatRecord({ ...facts, settings: this.settings(), ...changes }));
  }

  /** A database file at `name` in the home. */
  writeDatabase(name = "data.db"): string {
    const path = join(this.paths.home, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, "");
    return path;
  }
}

/** The process lock of an instance, as its manager lends it to a launch. */
export type LentLock = Pick<Launch<TrackedProcess>, "tryLock" | "claimLock" | "takeLock"> & { free(): void };

export function lentLock(instance: Instance): LentLock {
  let held: LockFile | null = null;
  const claim = async () => held ??= await claimLock(instance);
  return {
    tryLock: async () => (held ??= await instance.tryLock(instance.paths.processLock)) !== null,
    claimLock: async () => void await claim(),
    takeLock: async () => {
      const lock = await claim();
      held = null;
      return lock;
    },
    free: () => {
      held?.close();
      held = null;
    },
  };
}

/** Runs `body` with an instance of its own; nothing of it is left afterwards. */
export function withFakeInstance(body: (fake: FakeInstance) => Promise<void>): () => Promise<void> {
  return () =>
    withTempDir(async (home) => {
      using system = new FakeSystem();
      await body(new FakeInstance(system, home));
    });
}
