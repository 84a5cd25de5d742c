import { mkdirSync } from "node:fs";
import { autoPortsOf } from "../config/auto_ports.ts";
import { valuesOfFlag } from "../config/dev_server_args.ts";
import { type RequestedSettings, type Settings, withAdded } from "../config/settings.ts";
import { DatabaseLock } from "../database/lock.ts";
import { LocalError } from "../errors/local_error.ts";
import type { Instance, LaunchPlan, LaunchRequest } from "../instance/context.ts";
import type { Proof } from "../instance/find_process.ts";
import type { PidRecord } from "../instance/pid_file_format.ts";
import { createProbe, type Probe, type ProbeResult } from "../instance/status/probe.ts";
import { readTail } from "../logs/read_tail.ts";
import { rotateLog } from "../logs/rotate_log.ts";
import type { Launch, Program } from "../process/program.ts";
import { recordOfProcess } from "../process/tracked_process.ts";
import { addNamespaces } from "./declared/add_namespaces.ts";
import { declareSearchAttributes } from "./declared/search_attributes.ts";
import { PortAllocation } from "./launch/allocate_ports.ts";
import { refuseBadSettings } from "./launch/check_settings.ts";
import { isForeignProcess } from "./launch/foreign_process.ts";
import { ignoredValues } from "./launch/ignored_values.ts";
import { launchTemporal } from "./launch/launch.ts";
import { planFor, preparePlan } from "./launch/plan.ts";
import type { TemporalProcess } from "./process.ts";
import { reconcile } from "./reconcile.ts";
import { VersionLearner } from "./version.ts";
import type { Warnings } from "./warnings.ts";

/** How much of the log of a launch is searched for ignored values. */
const MAX_LOG_BYTES = 4 * 1024 * 1024;

/** Temporal as the program that a manager keeps running: adopted where it can be, else planned and launched. */
export class TemporalProgram implements Program<TemporalProcess> {
  readonly name = "Temporal";
  readonly #instance: Instance;
  readonly #warnings: Warnings;
  #launchRequest: LaunchRequest;
  readonly #kept: Settings | undefined;
  #plan: LaunchPlan | null = null;
  #served: Settings | null = null;
  #temporal: TemporalProcess | null = null;
  #probe: Probe | null = null;
  /** One supervisor per database, whatever homes and links lead to it. */
  readonly #database = new DatabaseLock();
  readonly #released = new AbortController();
  readonly #versions: VersionLearner;

  /** @param kept Settings for everything that is neither requested nor taken from a Temporal that is found. */
  constructor(
    instance: Instance,
    launchRequest: LaunchRequest,
    warnings: Warnings,
    kept?: Settings,
  ) {
    this.#kept = kept;
    this.#instance = instance;
    this.#launchRequest = launchRequest;
    this.#warnings = warnings;
    this.#versions = new VersionLearner(instance.log, this.#released.signal);
  }

  /** Asks the Temporal that is alive, or is being launched. */
  get probe(): Probe | null {
    return this.#probe;
  }

  /** What runs, else what is to run. */
  get settings(): Settings {
    return this.#temporal?.settings ?? this.#plan?.settings ??
      planFor(this.#instance.paths, this.#launchRequest.requested, "", this.#kept).settings;
  }

  /** The settings of the Temporal that was ready last; null while none was. */
  get served(): Settings | null {
    return this.#served;
  }

  /** Learns the version of the Temporal that is alive, by running its binary if necessary. */
  async learnVersion(): Promise<void> {
    if (this.#temporal !== null) await this.#versions.learn(this.#temporal);
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

  /** Whether the Temporal that is alive lacks namespaces or search attributes that are requested, and can be added. */
  lacks(requested: RequestedSettings): boolean {
    return this.#temporal !== null && withAdded(this.#temporal.settings, requested) !== this.#temporal.settings;
  }

  /**
   * Creates the requested namespaces and search attributes on the Temporal that is ready, which keeps running. Later
   * launches have them, too; the caller updates the record.
   *
   * @throws {LocalError} why it cannot have them
   */
  async add(requested: RequestedSettings): Promise<void> {
    const temporal = this.#temporal;
    if (temporal === null || !this.lacks(requested)) return;
    const settings = withAdded(temporal.settings, requested);
    refuseBadSettings(settings);
    const { signal } = this.#released;
    const { connect } = this.#instance.host;
    const names = settings.namespaces.filter((name) => !temporal.settings.namespaces.includes(name));
    await addNamespaces(connect, settings, names, signal);
    const declared = await declareSearchAttributes(connect, settings, signal);
    temporal.settings = withAdded(temporal.settings, requested); // another request may have added some meanwhile
    if (this.#temporal !== temporal || this.#plan === null) return;
    this.#plan = { ...this.#plan, settings: withAdded(this.#plan.settings, requested) };
    this.#served = temporal.settings;
    this.#warnings.setOfLaunch([...declared, ...this.#ignoredValues(temporal)]);
  }

  async bringUp(launch: Launch<TemporalProcess>): Promise<TemporalProcess> {
    const temporal = await this.#adoptOrLaunch(launch);
    if (temporal.adopted) await this.#addToAdopted(launch);
    this.#served = temporal.settings;
    this.#versions.learnSoon(temporal);
    const declared = await declareSearchAttributes(this.#instance.host.connect, temporal.settings, launch.signal);
    this.#warnings.setOfLaunch([...declared, ...this.#ignoredValues(temporal)]);
    return temporal;
  }

  /** A Temporal that works is not ended because something cannot be added to it. */
  async #addToAdopted(launch: Launch<TemporalProcess>): Promise<void> {
    const { requested } = this.#launchRequest;
    if (!this.lacks(requested)) return;
    try {
      await this.add(requested);
      launch.updateRecord();
    } catch (error) {
      if (!(error instanceof LocalError) || launch.signal.aborted) throw error;
      this.#warnings.add(error.message);
    }
  }

  /** A warning for each dynamic config value that Temporal ignores, as far as it has looked at them when it is ready. */
  #ignoredValues({ settings, logStart }: TemporalProcess): string[] {
    const values = valuesOfFlag(settings, "dynamic-config-value");
    if (logStart === undefined || values.length === 0) return [];
    return ignoredValues(readTail(this.#instance.paths.temporalLog, logStart, MAX_LOG_BYTES), values);
  }

  async check(_temporal: TemporalProcess, timeoutMs: number): Promise<ProbeResult> {
    return await this.#probe?.serving(timeoutMs) ?? { ok: false, problem: "Temporal is not running any more" };
  }

  record(temporal: TemporalProcess): PidRecord {
    const { policy, processes } = this.#instance;
    const { binary, version, settings } = temporal;
    return {
      ...recordOfProcess(temporal, processes),
      ...(binary === null ? {} : { binary }),
      ...(version === null ? {} : { version }),
      settings,
      policy,
    };
  }

  forget(): void {
    this.#temporal = null;
    this.#probe?.close();
    this.#probe = null;
  }

  release(): void {
    this.#released.abort();
    this.#database.release();
  }

  async #adoptOrLaunch(launch: Launch<TemporalProcess>): Promise<TemporalProcess> {
    if (this.#plan !== null) return await this.#launch(launch);
    const adopted = await this.#reconcile(launch);
    if (adopted !== null) return adopted;
    return await this.#launch(launch).catch((error: unknown) => {
      if (this.#temporal !== null) throw error; // it was spawned: nothing was in the way
      return this.#lookAgain(error, launch);
    });
  }

  /** A Temporal of this instance, of which only its deleted lock tells, may be what is in the way: it is adopted, or terminated. */
  async #lookAgain(error: unknown, launch: Launch<TemporalProcess>): Promise<TemporalProcess> {
    const isInTheWay = error instanceof LocalError && ["database-busy", "port-taken"].includes(error.code);
    if (!isInTheWay || launch.signal.aborted) throw error;
    const { pid } = error.facts;
    if (await isForeignProcess(typeof pid === "number" ? pid : null, this.#instance, launch.signal)) throw error;
    return await this.#reconcile(launch, true) ?? await this.#launch(launch);
  }

  /** A launch that a person asked for, which begins a new log, may choose its ports. */
  async #launch(launch: Launch<TemporalProcess>): Promise<TemporalProcess> {
    const { signal, first } = launch;
    const ports = new PortAllocation(this.#instance, (message) => this.#warnings.add(message));
    for (;;) {
      const prepared = await preparePlan(this.#plan!, this.#database, this.#instance);
      const plan = first ? await ports.choose(prepared) : prepared;
      signal.throwIfAborted(); // a restart may have planned otherwise meanwhile
      this.#plan = plan;
      try {
        return await this.#launchOnce(plan, launch);
      } catch (error) {
        if (!first || signal.aborted || !ports.mayTryOthers(plan, error)) throw error;
        launch.forget();
      }
    }
  }

  async #launchOnce(plan: LaunchPlan, launch: Launch<TemporalProcess>): Promise<TemporalProcess> {
    const instance = this.#instance;
    mkdirSync(instance.paths.logsDir, { recursive: true, mode: 0o700 }); // it may have been deleted since
    launch.signal.throwIfAborted();
    if (launch.first) rotateLog(instance.paths.temporalLog, "rename", instance.policy, Date.now());
    this.#probe?.close();
    const probe = this.#probe = createProbe(instance.host.connect, plan.settings);
    const track = (spawned: TemporalProcess) => this.#track(spawned, launch);
    const temporal = await launchTemporal(instance, plan, probe, { ...launch, track });
    const seen = instance.processes.inspect(temporal.pid);
    if (seen !== null && seen.executable !== temporal.executable) { // a shim (mise, asdf) is that of the first moments
      temporal.executable = seen.executable;
      launch.updateRecord();
    }
    return temporal;
  }

  async #reconcile(launch: Launch<TemporalProcess>, isThorough = false): Promise<TemporalProcess | null> {
    const { paths } = this.#instance;
    const { requested } = this.#launchRequest;
    const found = await reconcile(this.#instance, this.#launchRequest, {
      ...launch,
      warn: (message) => this.#warnings.add(message),
      isThorough,
    });
    if (found.kind === "clear") {
      this.#plan = planFor(paths, requested, found.binary, found.base ?? this.#kept);
      return null;
    }
    const { temporal } = found;
    const binary = this.#launchRequest.binary ?? temporal.binary ?? "";
    this.#plan = { binary, settings: temporal.settings, auto: autoPortsOf(requested) };
    this.#track(temporal, launch, found.proof);
    try {
      await this.#database.moveTo(temporal.settings.dbFilename, this.#instance);
    } catch (error) { // it has the database open, whatever holds the lock: terminating it would help no user
      if (!(error instanceof LocalError)) throw error;
      this.#warnings.add(error.message);
    }
    return temporal;
  }

  #track(temporal: TemporalProcess, launch: Launch<TemporalProcess>, proof?: Proof): void {
    this.#temporal = temporal;
    this.#probe ??= createProbe(this.#instance.host.connect, temporal.settings);
    this.#versions.recall(temporal);
    launch.track(temporal, proof);
  }
}
