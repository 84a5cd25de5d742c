import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { LocalError } from "../core/local_error.ts";
import { completeSettings, type Settings } from "../core/settings.ts";
import type { LockFile } from "../system/lock_file.ts";
import { rotateLog } from "../system/rotate_log.ts";
import { realDatabasePath } from "../temporal/database.ts";
import { readTemporalVersion } from "../temporal/temporal_version.ts";
import { databaseLockPath, takeDatabaseLock } from "./database_lock.ts";
import { clearTemporalLock, endProcessGroup, lockHeldUnseen } from "./end_temporal.ts";
import { guardLocks, type GuardVerdict, type HeldLocks, identityOf, NAMELESS } from "./guard.ts";
import type { Instance, LaunchPlan, SupervisorOrder } from "./instance.ts";
import { launchTemporal } from "./launch_temporal.ts";
import { createProbe, type Probe } from "./probe.ts";
import { reconcile } from "./reconcile.ts";
import { removeRecord, saveRecord } from "./save_record.ts";
import { type ProcessEnd, recordOf, type TemporalProcess } from "./temporal_process.ts";

/** Whom the keeper tells what it sees. */
export interface KeeperListener {
  /** The process that was tracked is dead; others of its group may live on. */
  ended(temporal: TemporalProcess, end: ProcessEnd): void;
  /** Something that a person should know. */
  warn(message: string): void;
}

/**
 * Keeps one Temporal at a time: brings it up, tracks it, ends it, and holds the locks that protect it meanwhile.
 * It decides nothing; whoever makes one holds `supervisor.lock`, which is handed in.
 */
export class TemporalKeeper {
  readonly locks: HeldLocks;
  readonly #instance: Instance;
  readonly #order: SupervisorOrder;
  readonly #listener: KeeperListener;
  readonly #versions = new Map<string, Promise<string | null>>();
  #plan: LaunchPlan | null = null;
  #temporal: TemporalProcess | null = null;
  #toldEndOf: TemporalProcess | null = null;
  #probe: Probe | null = null;
  /** `temporal.lock` between two lives, so that nobody gets in between. */
  #freeLock: LockFile | null = null;
  #databaseLock: LockFile | null = null;
  #lastPid: number | null = null;
  #lastEnd: { pid: number; forced: boolean; atMs: number } | null = null;
  #isReleased = false;
  #isRecorded = false;
  #guarding: Promise<GuardVerdict> | null = null;

  constructor(instance: Instance, order: SupervisorOrder, supervisorLock: LockFile, listener: KeeperListener) {
    this.#instance = instance;
    this.#order = order;
    this.#listener = listener;
    this.locks = { supervisor: supervisorLock, temporal: null, substitute: null };
  }

  /** The Temporal that is alive, as far as it is known; launched is enough. */
  get temporal(): TemporalProcess | null {
    return this.#temporal;
  }

  /** Asks the Temporal that is alive, or is being launched. */
  get probe(): Probe | null {
    return this.#probe;
  }

  /** The last Temporal that {@linkcode end} ended, whether it took SIGKILL, and when (`performance.now()`). */
  get lastEnd(): { pid: number; forced: boolean; atMs: number } | null {
    return this.#lastEnd;
  }

  /** What runs, else what is to run. */
  get settings(): Settings {
    return this.#temporal?.settings ?? this.#plan?.settings ??
      completeSettings(this.#order.asked, this.#instance.paths.defaultDatabase);
  }

  /** Looks whether the lock paths still lead to our locks; asked twice at once, it looks once. */
  guard(): Promise<GuardVerdict> {
    return this.#guarding ??= guardLocks(this.#instance.paths, this.locks).finally(() => {
      this.#guarding = null;
    });
  }

  /** Writes the record again if it was deleted. */
  mendRecord(): void {
    const isDeleted = this.#isRecorded && identityOf(this.#instance.paths.record) === null;
    if (this.#temporal !== null && isDeleted) this.#save(this.#temporal);
  }

  /** What the next launch is to have otherwise than this one. */
  change(asked: Partial<Settings>, binary: string | null): void {
    if (this.#plan === null) return;
    this.#plan = {
      binary: binary ?? this.#plan.binary,
      settings: completeSettings(asked, this.#instance.paths.defaultDatabase, this.#plan.settings),
    };
  }

  /**
   * Brings a Temporal up that is ready: the first time it may be one that an earlier supervisor left. When it fails,
   * nothing of it is left; when `signal` aborts it, what was launched is still there, to be ended.
   *
   * @param rotates Begin a new log file.
   * @throws {LocalError} `port-taken`, `database-busy`, `launch-failed`, `lock-failed`, `timeout`, `stop-failed`
   * @throws the reason of `signal`
   */
  async bringUp(signal: AbortSignal, rotates: boolean): Promise<TemporalProcess> {
    const instance = this.#instance;
    try {
      const adopted = this.#plan === null ? await this.#reconcile(signal) : null;
      if (adopted !== null) return adopted;
      const plan = this.#plan = await this.#preparePlan(this.#plan!);
      signal.throwIfAborted();
      if (rotates) rotateLog(instance.paths.temporalLog, "rename", instance.logPolicy, Date.now());
      this.#probe?.close();
      const probe = this.#probe = createProbe(instance.host.connect, plan.settings);
      const temporal = await launchTemporal({
        instance,
        plan,
        probe,
        signal,
        takeLock: () => this.#takeTemporalLock(),
        onSpawn: (spawned) => this.#track(spawned),
      });
      this.#refreshExecutable(temporal);
      return temporal;
    } catch (error) {
      if (!signal.aborted) this.#forget();
      throw error;
    }
  }

  /**
   * Ends what is tracked and waits until nothing of it is alive and its lock is free, which is then held for the next
   * launch.
   *
   * @param patience Ends the grace period when it aborts.
   * @throws {LocalError} `stop-failed`, `lock-failed`
   */
  async end(graceMs: number, patience: AbortSignal): Promise<void> {
    const temporal = this.#temporal;
    if (temporal !== null) {
      const target = { pgid: temporal.pid, leaderStartTime: temporal.startTime };
      const { forced, ms } = await endProcessGroup(this.#instance, target, graceMs, {
        signal: patience,
        isDeposed: () => this.#isReleased,
      });
      this.#lastEnd = { pid: temporal.pid, forced, atMs: performance.now() };
      this.#instance.log.note("ended", { pid: temporal.pid, forced, ms: Math.round(ms), graceMs });
      if (this.#isReleased) return;
      // The group is seen to be gone some ms before the runtime tells how our child ended; of an adopted one nobody does.
      const how = temporal.adopted ? { code: null, signal: forced ? "SIGKILL" : null } : await temporal.ended;
      this.#tellEnd(temporal, how);
    }
    if (this.#isReleased) return;
    this.#forget();
    this.#freeLock ??= await clearTemporalLock(this.#instance);
    if (this.#freeLock === null) throw lockHeldUnseen(this.#instance.paths.temporalLock);
  }

  /** Removes the record of a Temporal that is over; only our own. */
  tidy(): void {
    if (this.#temporal === null && this.#lastPid !== null) removeRecord(this.#instance.paths.record, this.#lastPid);
  }

  /** Frees every lock and connection, and touches neither Temporal nor any file. */
  release(): void {
    this.#isReleased = true;
    this.#forget();
    this.#freeLock?.close();
    this.#databaseLock?.close();
    this.locks.supervisor.close();
  }

  async #reconcile(signal: AbortSignal): Promise<TemporalProcess | null> {
    const order = this.#order;
    const found = await reconcile(this.#instance, order, signal, (message) => this.#listener.warn(message));
    if (found.kind === "clear") {
      this.#freeLock = found.lock;
      const settings = completeSettings(order.asked, this.#instance.paths.defaultDatabase, found.base);
      this.#plan = { binary: order.binary ?? "", settings };
      return null;
    }
    const { temporal } = found;
    this.#plan = { binary: order.binary ?? temporal.binary ?? "", settings: temporal.settings };
    this.#track(temporal);
    // Its lock has no name any more: the file at the path is to be held in its stead.
    if (found.proof !== "lock") this.locks.temporal = NAMELESS;
    try {
      await this.#takeDatabase(temporal.settings.dbFilename);
    } catch (error) {
      // It has the database open, whoever has the lock: to end it for that would help nobody.
      if (!(error instanceof LocalError)) throw error;
      this.#listener.warn(error.message);
    }
    return temporal;
  }

  async #preparePlan(plan: LaunchPlan): Promise<LaunchPlan> {
    const asked = plan.settings.dbFilename;
    if (asked === this.#instance.paths.defaultDatabase) mkdirSync(dirname(asked), { recursive: true, mode: 0o700 });
    const dbFilename = asked === null ? null : realDatabasePath(asked);
    await this.#takeDatabase(dbFilename);
    return { ...plan, settings: { ...plan.settings, dbFilename } };
  }

  async #takeTemporalLock(): Promise<LockFile> {
    const lock = this.#isReleased ? null : this.#freeLock ?? await clearTemporalLock(this.#instance);
    this.#freeLock = null;
    if (this.#isReleased) { // what is launched from here on is another supervisor's to decide
      lock?.close();
      throw new LocalError("interrupted", "The supervisor steps down");
    }
    if (lock === null) throw lockHeldUnseen(this.#instance.paths.temporalLock);
    return lock;
  }

  /** One supervisor per database, whatever homes and links lead to it. */
  async #takeDatabase(database: string | null): Promise<void> {
    const path = database === null ? null : databaseLockPath(database);
    if (this.#databaseLock?.path === path && this.#databaseLock?.isCurrent() === "ours") return;
    this.#databaseLock?.close();
    this.#databaseLock = null;
    if (database !== null) this.#databaseLock = await takeDatabaseLock(database, this.#instance.processes);
  }

  /** From now on this Temporal is the one that is recorded, and that an end would end. */
  #track(temporal: TemporalProcess): void {
    this.#temporal = temporal;
    this.#lastPid = temporal.pid;
    this.locks.temporal = identityOf(this.#instance.paths.temporalLock);
    this.#probe ??= createProbe(this.#instance.host.connect, temporal.settings);
    this.#save(temporal);
    this.#instance.log.transition(temporal.adopted ? "adopted" : "launched", {
      pid: temporal.pid,
      binary: temporal.binary,
    });
    this.#learnVersion(temporal);
    temporal.ended.then((end) => this.#tellEnd(temporal, end));
  }

  /** Tells the end of the tracked Temporal, once. */
  #tellEnd(temporal: TemporalProcess, end: ProcessEnd): void {
    if (this.#temporal !== temporal || this.#toldEndOf === temporal) return;
    this.#toldEndOf = temporal;
    this.#listener.ended(temporal, end);
  }

  #save(temporal: TemporalProcess): void {
    const { paths, processes } = this.#instance;
    const problem = saveRecord(paths.record, recordOf(temporal, processes));
    this.#isRecorded = problem === null;
    if (problem !== null) this.#listener.warn(`The record ${paths.record} can't be written: ${problem}`);
  }

  /** A shim (mise, asdf) is the executable of the first moments. */
  #refreshExecutable(temporal: TemporalProcess): void {
    const seen = this.#instance.processes.inspect(temporal.pid);
    if (seen === null || seen.executable === temporal.executable) return;
    temporal.executable = seen.executable;
    this.#save(temporal);
  }

  /** Asks the binary for its version, once for each binary, while Temporal comes up. */
  #learnVersion(temporal: TemporalProcess): void {
    const binary = temporal.executable ?? temporal.binary;
    if (binary === null || temporal.version !== null) return;
    const asked = this.#versions.get(binary) ?? readTemporalVersion(binary).then(
      ({ cli, server }) => cli ?? `0.0.0-DEV (server ${server ?? "unknown"})`, // as `go install` alone makes it
      (error: unknown) => {
        this.#instance.log.note("version unknown", {
          binary,
          why: error instanceof Error ? error.message : String(error),
        });
        return null;
      },
    );
    this.#versions.set(binary, asked);
    temporal.versionKnown = asked.then((version) => {
      temporal.version = version;
      if (this.#temporal === temporal && version !== null) this.#save(temporal);
    });
  }

  /** Nothing of the tracked Temporal is alive any more, or it is another's now. */
  #forget(): void {
    this.#temporal = null;
    this.locks.temporal = null;
    this.locks.substitute?.close();
    this.locks.substitute = null;
    this.#probe?.close();
    this.#probe = null;
  }
}
