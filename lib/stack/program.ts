import { existsSync, mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import type { LaunchedProcess, ProcessSettings } from "../config/processes.ts";
import { daemonEnvironment } from "../environment/daemon_environment.ts";
import { instanceEnvironment } from "../environment/instance_environment.ts";
import { type Failure, toFailure } from "../errors/failure.ts";
import { LocalError } from "../errors/local_error.ts";
import type { Instance } from "../instance/context.ts";
import { findProcess } from "../instance/find_process.ts";
import { EPHEMERAL_PREFIX, processLog } from "../instance/paths.ts";
import type { PidRecord } from "../instance/pid_file_format.ts";
import type { ProbeResult } from "../instance/status/probe.ts";
import type { PolledTaskQueue } from "../instance/status/status.ts";
import { readTail } from "../logs/read_tail.ts";
import { unlessAborted } from "../platform/runtime/delay.ts";
import type { ProcessExit } from "../platform/spawn/spawn_options.ts";
import { readyOrEnded, spawnLogged } from "../process/bring_up.ts";
import type { Launch, Program } from "../process/program.ts";
import { targetOf } from "../process/terminate.ts";
import { tidyRecord } from "../process/tidy_record.ts";
import { adoptedProcess, recordOfProcess, type TrackedProcess } from "../process/tracked_process.ts";
import { diagnoseFailedStart } from "./exit_diagnosis.ts";
import { leftoverGroup, MARKER, markerOf } from "./leftovers.ts";
import { ReadyCheck } from "./ready_check.ts";
import type { Surroundings } from "./surroundings.ts";

/** How often an unready process is looked at, in ms: at first, and at last. */
const FIRST_LOOK_MS = 20;
const LAST_LOOK_MS = 250;
/** A process that polls for so long, and not the queue that it should, is searched for on similar ones; in ms. */
const OTHER_QUEUE_AFTER_MS = 10_000;
/** Bytes of the log's end that are looked through for the cause of a failure. */
const LAST_WORDS_BYTES = 16 * 1024;

/** A process beside Temporal that this supervisor launched or adopted. */
export interface StackProcess extends TrackedProcess {
  launched: LaunchedProcess;
}

/** A process beside Temporal as the program that a manager keeps running: adopted where it can be, else launched. */
export class StackProgram implements Program<StackProcess> {
  readonly settings: ProcessSettings;
  readonly #instance: Instance;
  readonly #surroundings: Surroundings;
  readonly #check: ReadyCheck;
  readonly #onRefuted: () => void;
  #isFirst = true;
  /** What it waits for, or what the last check found; null when there is nothing to say. */
  problem: string | null = null;
  /** Why the process, as it runs, will not become ready; null while that is not known. */
  refutal: Failure | null = null;

  /**
   * @param instance The instance with the paths and the log of this process.
   * @param onRefuted Called when there is a {@linkcode refutal}.
   */
  constructor(instance: Instance, settings: ProcessSettings, surroundings: Surroundings, onRefuted: () => void) {
    this.#onRefuted = onRefuted;
    this.#instance = instance;
    this.settings = settings;
    this.#surroundings = surroundings;
    this.#check = new ReadyCheck(instance, settings, surroundings);
  }

  /** The polls that were seen; empty if it is not to poll. */
  get taskQueues(): PolledTaskQueue[] {
    return this.#check.taskQueues;
  }

  get name(): string {
    return this.settings.name;
  }

  get log(): string {
    return processLog(this.#instance.paths, this.name);
  }

  async bringUp(launch: Launch<StackProcess>): Promise<StackProcess> {
    const { signal } = launch;
    this.refutal = null;
    const { dependsOn } = this.settings;
    this.problem = this.#surroundings.waitsFor(dependsOn);
    await this.#surroundings.whenReady(dependsOn, signal);
    const adopted = this.#isFirst ? await this.#adopt(launch) : null;
    this.#isFirst = false;
    const process = adopted ?? await this.#spawn(launch);
    const outcome = await readyOrEnded(process, launch, (waiting) => this.#untilReady(process, waiting));
    if ("ready" in outcome) return process;
    const { servesSinceMs, answers } = this.#surroundings;
    const hasServed = (servesSinceMs() ?? Infinity) <= process.startedAtMs && await answers();
    throw hasServed
      ? this.#failedStart(process, outcome.end)
      : new LocalError("not-serving", `${this.settings.name} exited while Temporal did not serve`);
  }

  async check(process: StackProcess): Promise<ProbeResult> {
    const result = await this.#check.isHealthy(process);
    this.problem = result.ok ? null : result.problem;
    return result;
  }

  record(process: StackProcess): PidRecord {
    return { ...recordOfProcess(process, this.#instance.processes), launched: process.launched };
  }

  forget(): void {
    this.problem = null;
  }

  release(): void {
    // Nothing is held beside the process.
  }

  /** What would be launched now. */
  #wanted(): LaunchedProcess {
    const { host, paths } = this.#instance;
    const { settings } = this;
    const served = this.#surroundings.served();
    const change = instanceEnvironment(host, { ...served, namespace: settings.namespace ?? served.namespace });
    const given = Object.entries(change).filter((entry): entry is [string, string] => entry[1] !== null);
    return {
      settings,
      environment: {
        ...Object.fromEntries(given),
        STIGMER_HOME: paths.home, // this tool, called by the process, finds its instance
        ...(basename(paths.home).startsWith(EPHEMERAL_PREFIX) ? { STIGMER_PROJECT: "off" } : {}),
        ...settings.environment,
        [MARKER]: markerOf(paths),
      },
    };
  }

  /** The process that an earlier supervisor left, if it is as it is wanted; else that is ended. */
  async #adopt(launch: Launch<StackProcess>): Promise<StackProcess | null> {
    const { paths, processes, log } = this.#instance;
    const evidence = findProcess(paths, processes);
    const { found, record } = evidence;
    const wanted = this.#wanted();
    const launched = found?.leader?.pid === record?.pid ? record?.launched : undefined;
    if (found?.leader != null && launched !== undefined && isSameLaunch(launched, wanted)) {
      const process = adoptedProcess(found.leader, record!.startedAtS * 1000, this.#instance);
      const adopted = { ...process, launched: wanted };
      launch.track(adopted, found.proof);
      return adopted;
    }
    if (found !== null) log.transition("replaced", { pgid: found.pgid, proof: found.proof });
    const target = found === null ? leftoverGroup(this.#instance, record) : targetOf(found);
    if (target !== null) await launch.terminate(target, (record?.launched?.settings ?? this.settings).stopTimeoutMs);
    launch.signal.throwIfAborted();
    tidyRecord(paths, evidence, this.#surroundings.warn);
    return null;
  }

  async #spawn(launch: Launch<StackProcess>): Promise<StackProcess> {
    const { host, paths } = this.#instance;
    const { name, command, directory } = this.settings;
    if (!existsSync(directory)) {
      throw failed(name, `its directory ${directory} does not exist`, "Check `directory` in the project file");
    }
    const launched = this.#wanted();
    const [program, ...args] = typeof command === "string" ? ["/bin/sh", "-c", command] : command;
    mkdirSync(paths.logsDir, { recursive: true, mode: 0o700 }); // it may have been deleted since
    try {
      const process = await spawnLogged(this.#instance, launch, this.log, {
        command: program!.includes("/") ? join(program!.startsWith("/") ? "/" : directory, program!) : program!,
        args,
        cwd: directory,
        env: { ...daemonEnvironment(host.env, host.cwd), ...launched.environment },
      });
      const spawned = { ...process, launched };
      launch.track(spawned);
      return spawned;
    } catch (error) {
      if (!(error instanceof LocalError) || error.code !== "launch-failed") throw error;
      throw failed(name, error.message, error.hint ?? "Check `command` in the project file", error.facts);
    }
  }

  /** Looks until the process is ready; it may take as long as it wants. */
  async #untilReady(process: StackProcess, signal: AbortSignal): Promise<void> {
    const { nowMs, delay } = this.#instance;
    let searchAt = nowMs() + OTHER_QUEUE_AFTER_MS;
    for (let waitMs = FIRST_LOOK_MS;; waitMs = Math.min(waitMs * 1.3, LAST_LOOK_MS)) {
      const result = await unlessAborted(this.#check.isReady(process), signal);
      if (result.ok) break;
      this.problem = result.problem;
      if (nowMs() > searchAt) {
        await this.#searchOtherQueue(process);
        searchAt = nowMs() + 3 * OTHER_QUEUE_AFTER_MS;
      }
      await delay(waitMs, signal);
    }
    this.refutal = null;
    this.problem = null;
  }

  async #searchOtherQueue(process: StackProcess): Promise<void> {
    const missing = this.#check.taskQueues.find(({ workflow, activity }) => workflow === null && activity === null);
    if (missing === undefined) return;
    const log = readTail(this.log, process.logStart ?? 0, LAST_WORDS_BYTES);
    const other = await this.#check.otherQueue(process, missing.name, log);
    if (other === null) return;
    this.problem = `it polls task queue \`${other}\`, not \`${missing.name}\``;
    const hint = "Name the same task queue in the worker and under `task_queue` in the project file";
    const facts = { taskQueue: missing.name, polls: other };
    this.refutal = toFailure(failed(this.settings.name, this.problem, hint, facts));
    this.#onRefuted();
  }

  #failedStart({ logStart = 0 }: StackProcess, end: ProcessExit): LocalError {
    const { settings } = this;
    const { name, readyWhen } = settings;
    const served = this.#surroundings.served();
    const lastWords = readTail(this.log, logStart, LAST_WORDS_BYTES);
    const { cause, message, hint } = diagnoseFailedStart({
      settings,
      end,
      lastWords,
      address: served.address,
      namespace: settings.namespace ?? served.namespace,
      portHolder: readyWhen.kind === "port" ? this.#check.holderOf(readyWhen.port) : null,
    });
    const lines = lastWords.trimEnd().split("\n").slice(-10).filter((line) => line !== "");
    const { code: exitCode, signal } = end;
    const facts = { process: name, cause, exitCode, signal, lastWords: lines, log: this.log };
    return new LocalError("process-failed", message, { hint, facts });
  }
}

function failed(name: string, why: string, hint: string, facts: Record<string, unknown> = {}): LocalError {
  return new LocalError("process-failed", `${name}: ${why}`, { hint, facts: { process: name, ...facts } });
}

/** Whether a process that runs as `a` says need not be replaced by one as `b` says. */
function isSameLaunch(a: LaunchedProcess, b: LaunchedProcess): boolean {
  const launch = ({ settings: { command, directory }, environment }: LaunchedProcess) =>
    JSON.stringify([command, directory, Object.entries(environment).sort()]);
  return launch(a) === launch(b);
}
