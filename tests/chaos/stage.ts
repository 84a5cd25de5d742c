import type { Bystander } from "./bystanders.ts";
import type { Journal } from "./journal.ts";
import { type Circumstances, judge } from "./judge.ts";
import type { Blow, ToolCall } from "./schedule.ts";
import type { GroupWatch } from "./stack/group_watch.ts";
import { nameOf, type RunningCall, runTool } from "./tool.ts";
import { createSleepers, type Sleepers } from "./victims.ts";
import { Violation } from "./violation.ts";
import type { ChaosHome, World } from "./world.ts";

/** A running command, which may be signalled. */
export interface StagedCall extends RunningCall {
  /** Resolves when it has exited and was judged. */
  judged: Promise<void>;
}

/** Events that disturb the commands on a home. */
export type Disturbance = "hit" | "stopped" | "lost locks";

/** Limit of concurrent commands. */
const MAX_CALLS = 6;
/** An event this long before a command began may still explain its result, in ms. */
const AFTERMATH_MS = 10_000;

/** Performs the actions: runs commands, and judges each by the events around it. */
export class Stage {
  readonly world: World;
  readonly journal: Journal;
  readonly bystanders: readonly Bystander[];
  readonly sleepers: Sleepers = createSleepers();
  readonly groups: GroupWatch;
  readonly #report: (violation: Violation) => void;
  readonly #calls = new Set<Promise<void>>();
  readonly #last = new Map<string, number>();
  /** By the PIDs of the running commands. */
  readonly #excuses = new Map<number, (signal: NonNullable<Circumstances["hitBy"]>) => void>();
  /** The homes with a running `stop`, one entry for each. */
  readonly #stops: ChaosHome[] = [];
  #number = 0;
  #isOver = false;

  constructor(
    world: World,
    journal: Journal,
    bystanders: readonly Bystander[],
    groups: GroupWatch,
    report: (violation: Violation) => void,
  ) {
    this.world = world;
    this.journal = journal;
    this.bystanders = bystanders;
    this.groups = groups;
    this.#report = report;
  }

  /** Records an event that may make commands on the home fail, now and for a while. */
  disturb(home: ChaosHome, what: Disturbance, forMs = 0): void {
    const key = `${home.name} ${what}`;
    this.#last.set(key, Math.max(this.#last.get(key) ?? 0, performance.now() + forMs));
  }

  /** Records a signal to process `pid`: if it is a running command, dying from that signal is right. */
  excuse(pid: number, { signal }: Blow): void {
    if (signal !== "SIGSTOP") this.#excuses.get(pid)?.(signal);
  }

  /** Resolves when another command may begin; never after `close`. */
  async slot(): Promise<void> {
    while (this.#calls.size >= MAX_CALLS) await Promise.race(this.#calls);
    if (this.#isOver) await new Promise(() => {});
  }

  /** No further command begins: the running ones are about to be killed. */
  close(): void {
    this.#isOver = true;
  }

  /** Begins a command. A wrong result is reported as a violation. */
  begin(drawn: ToolCall): StagedCall {
    if (this.#isOver) throw new Error("The chaos is over");
    const call = { ...drawn, runtime: this.world.runtime ?? drawn.runtime };
    const home = this.world.homes[call.home]!;
    const name = `#${++this.#number} ${nameOf(call, this.world)}`;
    this.journal.note(`call ${call.command}`, name);
    const running = runTool(call, this.world);
    let hitBy: Circumstances["hitBy"] = null;
    const isStop = call.command === "stop";
    if (isStop) this.#stops.push(home);
    const judged = running.ended.then((end) => {
      // `wait` reports the result of the last start, at any time in the past.
      const sinceMs = call.command === "wait" ? -Infinity : end.begunMs - AFTERMATH_MS;
      const verdict = judge(call, end, this.#circumstances(home, hitBy, sinceMs));
      const took = `after ${Math.round(end.endedMs - end.begunMs)} ms`;
      if ("wrong" in verdict) {
        throw new Violation(`${name}: ${verdict.wrong} (${took})`, `${end.stdout}${end.stderr}`);
      }
      this.journal.note(`${call.command} → ${verdict.outcome}`, `${name}, ${took}`);
    }).catch((error: unknown) => {
      this.#report(error instanceof Violation ? error : new Violation(`${name}: ${error}`));
    }).finally(() => {
      this.#calls.delete(judged);
      this.#excuses.delete(running.pid);
      if (!isStop) return;
      this.#stops.splice(this.#stops.indexOf(home), 1);
      this.disturb(home, "stopped");
    });
    this.#calls.add(judged);
    this.#excuses.set(running.pid, (signal) => void (hitBy = signal));
    return { ...running, judged };
  }

  /** Resolves when every command has exited. */
  async quiet(): Promise<void> {
    await Promise.all(this.#calls);
  }

  #circumstances(home: ChaosHome, hitBy: Circumstances["hitBy"], sinceMs: number): Circumstances {
    const was = (what: Disturbance) => (this.#last.get(`${home.name} ${what}`) ?? NaN) >= sinceMs;
    return {
      hitBy,
      wasHit: was("hit"),
      wasStopped: was("stopped") || this.#stops.includes(home),
      lostLocks: was("lost locks"),
      sharesDatabase: home.sharesDatabase,
      mayGiveUp: home.project === null && !home.flags.includes("--max-restarts"),
      hasProcesses: home.project !== null,
    };
  }
}
