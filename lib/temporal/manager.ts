import { mkdirSync } from "node:fs";
import { autoPortsOf } from "../config/auto_ports.ts";
import type { RequestedSettings, Settings } from "../config/settings.ts";
import { DatabaseLock } from "../database/lock.ts";
import { LocalError } from "../errors/local_error.ts";
import type { Instance, LaunchPlan, LaunchRequest } from "../instance/context.ts";
import { folderIdentity, guardLocks, identityOf, NO_FILE } from "../instance/lock_guard.ts";
import type { GuardVerdict, HeldLocks } from "../instance/lock_guard.ts";
import { createProbe, type Probe } from "../instance/status/probe.ts";
import { rotateLog } from "../logs/rotate_log.ts";
import type { LockFile } from "../platform/files/lock_file.ts";
import { PortAllocation } from "./launch/allocate_ports.ts";
import { launchTemporal } from "./launch/launch.ts";
import { planFor, preparePlan } from "./launch/plan.ts";
import { isForeignProcess } from "./launch/port_conflict.ts";
import { PidFileWriter } from "./pid_file_writer.ts";
import { type ProcessEnd, refreshExecutable, type TemporalProcess } from "./process.ts";
import { reconcile } from "./reconcile.ts";
import { clearTemporalLock, type EndTarget, type GroupEnd, GroupEnds, lockHeld } from "./terminate.ts";
import { learnVersion, versionAsker } from "./version_cache.ts";

/** Whom the manager tells what it sees. */
export interface ManagerListener {
  /** The process that was tracked is dead; others of its group may live on. */
  ended(temporal: TemporalProcess, end: ProcessEnd): void;
  /** Something that a person should know. */
  warn(message: string): void;
}

/**
 * Keeps one Temporal at a time: brings it up, tracks it, ends it, and holds the locks that protect it meanwhile.
 * It decides nothing; whoever makes one holds `supervisor.lock`, which is handed in.
 */
export class TemporalManager {
  readonly locks: HeldLocks;
  /** The home was seen to be gone: from then on nothing at its path is touched. */
  isHomeDeleted = false;
  readonly #instance: Instance;
  #launchRequest: LaunchRequest;
  readonly #listener: ManagerListener;
  readonly #askVersion: (binary: string) => Promise<string | null>;
  #plan: LaunchPlan | null = null;
  #temporal: TemporalProcess | null = null;
  #toldEndOf: TemporalProcess | null = null;
  #probe: Probe | null = null;
  /** `temporal.lock` between two lives, so that nobody gets in between. */
  #freeLock: LockFile | null = null;
  /** One supervisor per database, whatever homes and links lead to it. */
  readonly #database = new DatabaseLock();
  readonly #record: PidFileWriter;
  readonly #released = new AbortController();
  readonly #ends: GroupEnds;
  /** Ends the grace period of what the launch itself ends, when it aborts. */
  #patience: AbortSignal = this.#released.signal;
  readonly #endWhileLaunching = (target: EndTarget, graceMs: number) => this.#ends.end(target, graceMs, this.#patience);
  #guarding: Promise<GuardVerdict> | null = null;

  constructor(instance: Instance, launchRequest: LaunchRequest, supervisorLock: LockFile, listener: ManagerListener) {
    this.#instance = instance;
    this.#launchRequest = launchRequest;
    this.#listener = listener;
    this.#record = new PidFileWriter(instance, (message) => listener.warn(message));
    this.#askVersion = versionAsker(instance.log, this.#released.signal);
    this.#ends = new GroupEnds(instance, this.#released.signal);
    const home = folderIdentity(instance.paths.home);
    this.locks = { home, supervisor: supervisorLock, temporal: null, substitute: null };
  }

  /** The Temporal that is alive, as far as it is known; launched is enough. */
  get temporal(): TemporalProcess | null {
    return this.#temporal;
  }

  /** Asks the Temporal that is alive, or is being launched. */
  get probe(): Probe | null {
    return this.#probe;
  }

  /** The last Temporal that was ended on purpose. */
  get lastEnd(): GroupEnd | null {
    return this.#ends.last;
  }

  /** What runs, else what is to run. */
  get settings(): Settings {
    return this.#temporal?.settings ?? this.#plan?.settings ??
      planFor(this.#instance.paths, this.#launchRequest.requested, "").settings;
  }

  /** Looks whether the lock paths still lead to our locks; asked twice at once, it looks once. */
  guard(): Promise<GuardVerdict> {
    return this.#guarding ??= guardLocks(this.#instance.paths, this.locks, this.#instance).finally(() => {
      this.#guarding = null;
    });
  }

  /** Writes the record again if it was deleted. */
  mendRecord(): void {
    if (this.#temporal !== null) this.#record.mend(this.#temporal);
  }

  /** What the next launch would be with these settings, and this binary; null while nothing is planned yet. */
  planWith(requested: RequestedSettings, binary: string | null): LaunchPlan | null {
    const plan = this.#plan;
    if (plan === null) return null;
    return planFor(this.#instance.paths, requested, binary ?? plan.binary, plan.settings, plan.auto);
  }

  /** Plans the next launch with these settings, and this binary. */
  change(requested: RequestedSettings, binary: string | null): void {
    this.#plan = this.planWith(requested, binary);
    if (this.#plan !== null) return;
    const { requested: before, binary: binaryBefore, ...rest } = this.#launchRequest; // nothing was looked at yet
    const merged = { ...before, ...requested };
    this.#launchRequest = { ...rest, requested: merged, binary: binary ?? binaryBefore, replace: true };
  }

  /**
   * Brings a Temporal up that is ready: the first time it may be one that an earlier supervisor left. When it fails,
   * nothing of it is left; when `signal` aborts it, what was launched is still there, to be ended.
   *
   * @param patience Ends the grace period of the earlier one, which is ended first, when it aborts.
   * @param rotates Begin a new log file.
   * @throws {LocalError} `port-taken`, `database-busy`, `launch-failed`, `lock-failed`, `timeout`, `stop-failed`
   * @throws the reason of `signal`
   */
  async bringUp(signal: AbortSignal, patience: AbortSignal, rotates: boolean): Promise<TemporalProcess> {
    this.#patience = patience;
    try {
      if (this.#plan !== null) return await this.#launch(signal, rotates);
      const adopted = await this.#reconcile(signal);
      if (adopted !== null) return adopted;
      const { lastPid } = this.#record;
      return await this.#launch(signal, rotates).catch((error: unknown) => {
        if (this.#record.lastPid !== lastPid) throw error; // it was launched: nothing was in the way
        return this.#lookAgain(error, signal, rotates);
      });
    } catch (error) {
      if (!signal.aborted) this.#forget();
      throw error;
    }
  }

  /** A Temporal of ours, of which only its deleted lock tells, may be what is in the way: then it is adopted, or ended. */
  async #lookAgain(error: unknown, signal: AbortSignal, rotates: boolean): Promise<TemporalProcess> {
    const isInTheWay = error instanceof LocalError && ["database-busy", "port-taken"].includes(error.code);
    if (!isInTheWay || signal.aborted) throw error;
    const { pid } = error.facts;
    if (await isForeignProcess(typeof pid === "number" ? pid : null, this.#instance, signal)) throw error;
    this.#freeLock?.close();
    this.#freeLock = null;
    return await this.#reconcile(signal, true) ?? await this.#launch(signal, rotates);
  }

  /** A launch that a person asked for, which begins a new log, may choose its ports. */
  async #launch(signal: AbortSignal, rotates: boolean): Promise<TemporalProcess> {
    const ports = new PortAllocation(this.#instance, (message) => this.#listener.warn(message));
    for (;;) {
      const prepared = await preparePlan(this.#plan!, this.#database, this.#instance);
      const plan = rotates ? await ports.choose(prepared) : prepared;
      signal.throwIfAborted(); // a restart may have planned otherwise meanwhile
      this.#plan = plan;
      try {
        return await this.#launchOnce(plan, signal, rotates);
      } catch (error) {
        if (!rotates || signal.aborted || !ports.mayTryOthers(plan, error)) throw error;
        this.#forget();
      }
    }
  }

  async #launchOnce(plan: LaunchPlan, signal: AbortSignal, rotates: boolean): Promise<TemporalProcess> {
    const instance = this.#instance;
    mkdirSync(instance.paths.logsDir, { recursive: true, mode: 0o700 }); // it may have been deleted since
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
      end: this.#endWhileLaunching,
      onSpawn: (spawned) => this.#track(spawned),
    });
    if (refreshExecutable(temporal, instance.processes)) this.#record.save(temporal);
    return temporal;
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
      const target = { pgid: temporal.pid, leaderStartTime: temporal.startTime, leaderEnded: temporal.ended };
      const { forced } = await this.#ends.end(target, graceMs, patience);
      if (this.#released.signal.aborted) return;
      // The group is seen to be gone some ms before the runtime tells how our child ended; of an adopted one nobody does.
      const how = temporal.adopted ? { code: null, signal: forced ? "SIGKILL" : null } : await temporal.ended;
      this.#tellEnd(temporal, how);
    }
    if (this.#released.signal.aborted) return;
    this.#forget();
    if (this.isHomeDeleted) return; // what is locked at that path now is none of ours
    const gently = async (target: EndTarget) => {
      await this.#ends.end(target, graceMs, patience);
      return !this.#released.signal.aborted;
    };
    this.#freeLock ??= await clearTemporalLock(this.#instance, temporal === null ? gently : undefined);
    if (this.#released.signal.aborted) return;
    if (this.#freeLock === null) throw lockHeld(this.#instance.paths.temporalLock, this.#instance.processes);
  }

  /** Removes the record of a Temporal that is over. */
  tidy(): void {
    if (!this.isHomeDeleted && this.#temporal === null) this.#record.remove(this.#freeLock !== null);
  }

  /** Frees every lock and connection, and touches neither Temporal nor any file. */
  release(): void {
    this.#released.abort();
    this.#forget();
    this.#freeLock?.close();
    this.#database.release();
    this.locks.supervisor.close();
  }

  async #reconcile(signal: AbortSignal, isThorough = false): Promise<TemporalProcess | null> {
    const launchRequest = this.#launchRequest;
    const warn = (message: string) => this.#listener.warn(message);
    const end = this.#endWhileLaunching;
    const found = await reconcile(this.#instance, launchRequest, { signal, warn, end, isThorough });
    if (found.kind === "clear") {
      this.#freeLock = found.lock;
      this.#plan = planFor(this.#instance.paths, launchRequest.requested, found.binary, found.base);
      return null;
    }
    const { temporal } = found;
    const binary = launchRequest.binary ?? temporal.binary ?? "";
    this.#plan = { binary, settings: temporal.settings, auto: autoPortsOf(launchRequest.requested) };
    this.#track(temporal);
    // Its lock has no name any more: the file at the path is to be held in its stead.
    if (found.proof !== "lock") this.locks.temporal = NO_FILE;
    try {
      await this.#database.moveTo(temporal.settings.dbFilename, this.#instance);
    } catch (error) { // it has the database open, whoever has the lock: to end it for that would help nobody
      if (!(error instanceof LocalError)) throw error;
      this.#listener.warn(error.message);
    }
    return temporal;
  }

  async #takeTemporalLock(): Promise<LockFile> {
    const lock = this.#released.signal.aborted ? null : this.#freeLock ?? await clearTemporalLock(this.#instance);
    this.#freeLock = null;
    if (this.#released.signal.aborted) { // what is launched from here on is another supervisor's to decide
      lock?.close();
      throw new LocalError("interrupted", "The supervisor steps down");
    }
    if (lock === null) throw lockHeld(this.#instance.paths.temporalLock, this.#instance.processes);
    return lock;
  }

  /** From now on this Temporal is the one that is recorded, and that an end would end. */
  #track(temporal: TemporalProcess): void {
    this.#temporal = temporal;
    this.locks.temporal = identityOf(this.#instance.paths.temporalLock);
    this.#probe ??= createProbe(this.#instance.host.connect, temporal.settings);
    this.#record.save(temporal);
    const { pid, binary, adopted } = temporal;
    this.#instance.log.transition(adopted ? "adopted" : "launched", { pid, binary });
    learnVersion(temporal, this.#askVersion, () => this.#temporal === temporal && this.#record.save(temporal));
    temporal.ended.then((end) => this.#tellEnd(temporal, end));
  }

  /** Tells the end of the tracked Temporal, once. */
  #tellEnd(temporal: TemporalProcess, end: ProcessEnd): void {
    if (this.#temporal !== temporal || this.#toldEndOf === temporal) return;
    this.#toldEndOf = temporal;
    this.#listener.ended(temporal, end);
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
