import { mkdirSync } from "node:fs";
import { type ProcessSettings, unknownProcess } from "../config/processes.ts";
import type { SettingDifference } from "../config/settings.ts";
import type { Failure } from "../errors/failure.ts";
import { LocalError, messageOf } from "../errors/local_error.ts";
import type { Instance } from "../instance/context.ts";
import type { HeldHome } from "../instance/lock_guard.ts";
import { processesDir } from "../instance/paths.ts";
import { recordedNames } from "../instance/pid_file.ts";
import type { ProcessStatus } from "../instance/status/status.ts";
import { unlessAborted } from "../platform/runtime/delay.ts";
import { Changes } from "../process/changes.ts";
import { formatDuration } from "../text/units.ts";
import { endRecorded } from "./leftovers.ts";
import { Member, type MemberContext } from "./member.ts";
import { dependentsOf, memoized, withDependencies } from "./order.ts";
import { PollerQueries } from "./poller_queries.ts";
import type { Surroundings } from "./surroundings.ts";

/** What a stack needs of the supervisor of its instance. */
export interface StackOptions extends Pick<Surroundings, "served" | "servesSinceMs" | "answers"> {
  instance: Instance;
  home: HeldHome;
  /** Resolves when Temporal serves. */
  whenServing(): Promise<unknown>;
  warn(message: string): void;
}

/** The processes beside the Temporal of one instance: started in the order of their dependencies, ended in the other. */
export class Stack {
  /** Resolves when nothing is left of what is not declared any more. */
  readonly undeclaredEnded: Promise<void>;
  readonly #options: StackOptions;
  readonly #context: MemberContext;
  #members = new Map<string, Member>();
  readonly #changes = new Changes();
  readonly #pollers: PollerQueries;
  #graceMs = Infinity;
  #afterEnd: (() => void) | null = null;

  constructor(options: StackOptions, declared: readonly ProcessSettings[]) {
    this.#options = options;
    const { instance, home, warn } = options;
    this.#pollers = new PollerQueries(instance.host.connect, () => options.served().address);
    mkdirSync(processesDir(instance.paths.home), { recursive: true, mode: 0o700 });
    this.#context = {
      instance,
      home,
      surroundings: this.#surroundings(),
      warn,
      changes: this.#changes,
    };
    this.declare(declared);
    this.undeclaredEnded = this.#endUndeclared();
  }

  /** Their settings, in the order of their declaration. */
  get declared(): ProcessSettings[] {
    return [...this.#members.values()].map(({ settings }) => settings);
  }

  /** What differs from `requested` in what runs or is about to, and cannot be had without a restart. */
  differences(requested: readonly ProcessSettings[]): SettingDifference[] {
    const due = [...this.#members.values()].filter((member) => member.isDue);
    return due.flatMap(({ settings }): SettingDifference[] => {
      const { name } = settings;
      const wanted = requested.find((each) => each.name === name);
      if (wanted === undefined) return [{ setting: `processes.${name}`, running: "declared", asked: null }];
      return (Object.keys(settings) as (keyof ProcessSettings)[])
        .filter((key) => JSON.stringify(settings[key]) !== JSON.stringify(wanted[key]))
        .map((key) => ({
          setting: `processes.${name}.${keyOf(key)}`,
          running: inWords(key, settings[key]),
          asked: inWords(key, wanted[key]),
        }));
    });
  }

  /** Declares `requested` from now on; a member that is active keeps its settings until it is started anew. */
  declare(requested: readonly ProcessSettings[]): void {
    const before = this.#members;
    this.#members = new Map();
    for (const settings of requested) {
      const old = before.get(settings.name);
      old?.declare(settings);
      this.#members.set(settings.name, old ?? new Member(this.#context, settings));
    }
    for (const [name, old] of before) {
      if (this.#members.has(name)) continue;
      // One that is active is not forgotten: it would live on without a supervisor.
      if (old.isActive) this.#members.set(name, old);
      else old.release();
    }
  }

  /** Declares `requested`, if it is given, once all of what runs now has been ended for a restart. */
  redeclare(requested: readonly ProcessSettings[] | undefined): void {
    this.#afterEnd = requested === undefined ? null : () => this.declare(requested);
  }

  /** Ends what an earlier supervisor left of processes that are not declared any more. What cannot be ended is a warning. */
  async #endUndeclared(): Promise<void> {
    const { instance, warn } = this.#options;
    const names = recordedNames(instance.paths.home).filter((name) => !this.#members.has(name));
    await Promise.all(names.map(async (name) => {
      await endRecorded(instance, name, Infinity).catch((error: unknown) => warn(`${name}: ${messageOf(error)}`));
    }));
  }

  /** Wants only these processes, and what they depend on. */
  want(names: readonly string[]): void {
    const wanted = withDependencies(names, this.declared);
    for (const [name, member] of this.#members) if (!wanted.includes(name)) member.isWanted = false;
  }

  /** Starts what is wanted and not running: Temporal serves. */
  begin(): void {
    this.#graceMs = Infinity;
    for (const member of this.#members.values()) if (member.isWanted && member.failure === null) void member.start();
  }

  /**
   * Starts these processes and what they depend on; without names all.
   *
   * @throws {LocalError} `usage` for an unknown name
   */
  async start(names?: readonly string[]): Promise<void> {
    const wanted = this.#membersOf(withDependencies(this.#known(names), this.declared));
    await Promise.all(wanted.map((member) => member.start()));
  }

  /**
   * Restarts these processes, as `requested` says if it does, and starts what they depend on and does not run.
   *
   * @throws {LocalError} `usage` for an unknown name
   */
  async restart(names: readonly string[], requested: readonly ProcessSettings[] = []): Promise<void> {
    const settingsOf = ({ settings: { name } }: Member) => requested.find((each) => each.name === name);
    const fresh = requested.filter(({ name }) => !this.#members.has(name));
    this.#known(names, [...this.#members.keys(), ...fresh.map(({ name }) => name)]);
    for (const name of withDependencies(names, requested)) {
      const settings = fresh.find((each) => each.name === name);
      if (settings !== undefined) this.#members.set(name, new Member(this.#context, settings));
    }
    await Promise.all(this.#membersOf(names).map((member) => member.restart(settingsOf(member))));
    const needed = withDependencies(names, this.declared).filter((name) => !names.includes(name));
    await Promise.all(this.#membersOf(needed).map((member) => member.start()));
  }

  /**
   * Stops these processes, which stay stopped until they are started by name or with all others.
   *
   * @throws {LocalError} `usage` for an unknown name
   */
  async stop(names: readonly string[], graceMs: number): Promise<void> {
    await Promise.all(this.#membersOf(this.#known(names)).map((member) => member.stop(graceMs, true)));
  }

  /** Ends all, each after those that depend on it. A second call can only shorten the grace periods. */
  async end(graceMs: number): Promise<void> {
    this.#graceMs = Math.min(this.#graceMs, graceMs);
    const members = [...this.#members.values()];
    if (graceMs === 0) { for (const member of members) if (member.isActive) void member.stop(0, false); }
    const end = memoized(async (member: Member): Promise<void> => {
      try {
        await Promise.all(this.#membersOf(dependentsOf(member.settings.name, this.declared)).map(end));
        await member.stop(this.#graceMs, false);
      } catch (error) {
        this.#options.warn(`${member.settings.name}: ${messageOf(error)}`);
      }
    });
    await Promise.all(members.map(end));
    this.#afterEnd?.();
    this.#afterEnd = null;
  }

  /** Resolves when each of these (without names all that are wanted) is ready or known not to be; why, else null. */
  async settled(names?: readonly string[]): Promise<Failure | null> {
    const chosen = names === undefined
      ? [...this.#members.values()].filter((member) => member.isWanted)
      : this.#membersOf(withDependencies(this.#known(names), this.declared));
    // The failure of what a process depends on is told of that one alone.
    const outcomeOf = (member: Member) => this.#isHeldUp(member) ? { failure: null } : member.outcome;
    const outcomes = await Promise.all(chosen.map((member) => this.#changes.until(() => outcomeOf(member))));
    const failures = outcomes.flatMap(({ failure }) => failure ?? []);
    const [first] = failures;
    if (first === undefined) return null;
    if (failures.length === 1) return first;
    return {
      code: "process-failed",
      message: `${failures.length} processes are not ready: ${failures.map(({ message }) => message).join("; ")}`,
      hint: "`stigmer-local status` shows each of them, `stigmer-local logs` what they wrote",
      facts: { failures },
    };
  }

  /** Whether a process that this one depends on has failed, whatever has become of this one. */
  #isHeldUp(member: Member): boolean {
    return this.#membersOf(member.settings.dependsOn).some((dependency) =>
      dependency.outcome === null ? this.#isHeldUp(dependency) : dependency.outcome.failure !== null
    );
  }

  /** What a person should know of them, while it lasts. */
  get warnings(): string[] {
    return [...this.#members.values()].flatMap((member) => member.warnings);
  }

  status(): ProcessStatus[] {
    return [...this.#members.values()].map((member) => member.status());
  }

  /** Looks after locks, records and logs; called each second. */
  async lookAfter(): Promise<void> {
    for (const member of this.#members.values()) await member.lookAfter();
  }

  /** Frees every lock and connection at once, and leaves the processes alone. */
  release(): void {
    for (const member of this.#members.values()) member.release();
    this.#pollers.close();
  }

  #membersOf(names: readonly string[]): Member[] {
    return names.flatMap((name) => this.#members.get(name) ?? []);
  }

  /** @throws {LocalError} `usage` if one of `names` is not in `all` */
  #known(
    names: readonly string[] = [...this.#members.keys()],
    all: readonly string[] = [...this.#members.keys()],
  ): readonly string[] {
    const unknown = names.find((name) => !all.includes(name));
    if (unknown !== undefined) throw unknownProcess(unknown, all, { knower: "This instance has" });
    return names;
  }

  #surroundings(): Surroundings {
    const { served, servesSinceMs, answers, whenServing, warn } = this.#options;
    const waitsFor = (names: readonly string[]): string | null => {
      if (servesSinceMs() === null) return "waiting for Temporal";
      const unready = names.filter((name) => this.#members.get(name)?.isReady !== true);
      return unready.length === 0 ? null : `waiting for ${unready.join(", ")}`;
    };
    return {
      served,
      servesSinceMs,
      answers,
      warn,
      waitsFor,
      whenReady: async (names, signal) => {
        await unlessAborted(whenServing(), signal);
        await unlessAborted(this.#untilReady(names, signal), signal);
      },
      pollersOf: (namespace, taskQueue, kind) => this.#pollers.of(namespace, taskQueue, kind),
    };
  }

  async #untilReady(names: readonly string[], signal: AbortSignal): Promise<void> {
    const { failed } = await this.#changes.until(() => {
      const failed = this.#membersOf(names).find(({ failure }) => failure !== null);
      const isReady = names.every((name) => this.#members.get(name)?.isReady);
      return signal.aborted || failed !== undefined || isReady ? { failed } : null;
    });
    if (failed === undefined) return;
    const { message, hint } = failed.failure!;
    const why = `It depends on ${failed.settings.name}, which failed: ${message}`;
    throw new LocalError("process-failed", why, { hint });
  }
}

/** The key of a project file. */
function keyOf(key: keyof ProcessSettings): string {
  const names: Partial<Record<keyof ProcessSettings, string>> = {
    readyWhen: "task_queue, port or http",
    dependsOn: "depends_on",
    stopTimeoutMs: "stop_timeout",
    restartWhenSilentMs: "restart_when_silent",
  };
  return names[key] ?? key;
}

function inWords(key: keyof ProcessSettings, value: unknown): string {
  if (key.endsWith("Ms") && typeof value === "number") return formatDuration(value / 1000);
  return typeof value === "string" ? value : JSON.stringify(value);
}
