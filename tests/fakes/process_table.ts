import { basename } from "node:path";
import process from "node:process";
import type { ProcessInfo } from "../../lib/platform/processes/processes.ts";
import type { ProcessExit } from "../../lib/platform/spawn/spawn_options.ts";
import type { Clock } from "./clock.ts";

/** What a process does about a signal that asks it to end; SIGKILL ends it whatever it does. */
export type AtSigterm = "exits" | "ignores it" | { exitsAfterMs: number };

/** How a process begins. */
export interface ProcessOptions {
  argv?: string[];
  executable?: string | null;
  cwd?: string;
  /** Its environment: `NAME=value`. */
  environment?: readonly string[];
  atSigterm?: AtSigterm;
  /** It hangs in the kernel: not even SIGKILL ends it. */
  isUninterruptible?: boolean;
  /** Another user's: it cannot be signalled, and its descriptors cannot be seen. */
  isOtherUsers?: boolean;
  /** It never waits for its children, so that they stay zombies as long as it lives. */
  neverReaps?: boolean;
  /** The PID, as after PIDs wrapped around. */
  pid?: number;
}

/** One process of a {@linkcode ProcessTable}. */
export interface FakeProcess extends Omit<ProcessOptions, "argv"> {
  readonly pid: number;
  readonly startTime: string;
  pgid: number;
  sid: number;
  parentPid: number;
  state: "R" | "S" | "T" | "D" | "Z";
  /** Null once its memory is gone: it is ending, or dead. */
  argv: string[] | null;
  /** The signals that reached it, those that it ignored too. */
  received: string[];
  /** Resolves when it is dead. */
  exited: Promise<ProcessExit>;
}

const INIT = 1;
/** The kernel counts start times in ticks of 10 ms. */
const TICK_MS = 10;

/** Which processes there are, with the rules of fork(2), setsid(2), wait(2) and kill(2). */
export class ProcessTable {
  readonly #clock: Clock;
  readonly #processes = new Map<number, FakeProcess>();
  readonly #onExit = new Map<number, (exit: ProcessExit) => void>();
  readonly #onFilesClosed: ((pid: number) => void)[] = [];
  readonly #onFork: ((parent: number, child: number) => void)[] = [];
  #lastPid = 2000;
  /** Ourselves. */
  readonly self: FakeProcess;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.self = this.#begin({ pid: process.pid, argv: ["stigmer-local"], executable: "/bin/stigmer-local" }, INIT);
  }

  /** A process in a session and group of its own: our child, unless it has another `parent`. */
  spawn(options: ProcessOptions = {}, parent: number = this.self.pid): FakeProcess {
    return this.#begin(options, parent);
  }

  /** A child of `parent`, in its group and session, with its descriptors. */
  fork(parent: FakeProcess, options: ProcessOptions = {}): FakeProcess {
    const { argv, executable, cwd, environment = [] } = parent;
    const inherited = { ...(argv && { argv }), ...(executable && { executable }), ...(cwd && { cwd }), environment };
    const child = this.#begin({ ...inherited, ...options }, parent.pid);
    Object.assign(child, { pgid: parent.pgid, sid: parent.sid });
    for (const listener of this.#onFork) listener(parent.pid, child.pid);
    return child;
  }

  /** Lets a process lead a session and group of its own (setsid(2)). */
  setsid(target: FakeProcess): void {
    if (target.pgid === target.pid) throw new Error(`setsid: pid ${target.pid} leads a group already`);
    Object.assign(target, { pgid: target.pid, sid: target.pid });
  }

  /** Ends a process. Its memory goes at once, its descriptors after `filesGoAfterMs`, and only then is it dead. */
  exit(target: FakeProcess, filesGoAfterMs = 0, how: ProcessExit = { code: 0, signal: null }): void {
    if (!this.#isAlive(target) || target.argv === null) return;
    Object.assign(target, { state: "R", argv: null, executable: null });
    const finish = () => this.#finish(target, how);
    if (filesGoAfterMs === 0) finish();
    else this.#clock.after(filesGoAfterMs, finish);
  }

  /** Calls `listener` when the descriptors of a process that ends are closed. */
  onFilesClosed(listener: (pid: number) => void): void {
    this.#onFilesClosed.push(listener);
  }

  onFork(listener: (parent: number, child: number) => void): void {
    this.#onFork.push(listener);
  }

  get(pid: number): FakeProcess | null {
    return this.#processes.get(pid) ?? null;
  }

  all(): FakeProcess[] {
    return [...this.#processes.values()];
  }

  /** The members of a group, zombies among them. */
  members(pgid: number): FakeProcess[] {
    return this.all().filter((each) => each.pgid === pgid);
  }

  liveMembers(pgid: number): FakeProcess[] {
    return this.members(pgid).filter(({ state }) => state !== "Z");
  }

  describe({ pid, pgid, sid, state, startTime, executable, argv }: FakeProcess): ProcessInfo {
    const command = argv?.join(" ") ?? this.#nameOf(pid);
    return { pid, pgid, sid, state, startTime, executable: executable ?? null, command };
  }

  #nameOf(pid: number): string {
    return this.#names.get(pid) ?? "";
  }

  readonly #names = new Map<number, string>();

  #begin(options: ProcessOptions, parentPid: number): FakeProcess {
    const pid = options.pid ?? this.#nextPid();
    if (this.#isTaken(pid)) throw new Error(`PID ${pid} cannot be given: a process, group or session has that number`);
    const argv = options.argv ?? ["sleep", "600"];
    const begun: FakeProcess = {
      executable: `/bin/${basename(argv[0] ?? "")}`,
      ...options,
      ...{ pid, argv, pgid: pid, sid: pid, parentPid, received: [] },
      state: options.isUninterruptible ? "D" : "S",
      startTime: `${Math.floor(this.#clock.nowMs() / TICK_MS)}`,
      exited: new Promise((resolve) => this.#onExit.set(pid, resolve)),
    };
    this.#names.set(pid, basename(begun.executable ?? argv[0] ?? ""));
    this.#processes.set(pid, begun);
    return begun;
  }

  #nextPid(): number {
    do this.#lastPid++; while (this.#isTaken(this.#lastPid));
    return this.#lastPid;
  }

  /** The kernel gives no process a number that a group or session still bears (alloc_pid in kernel/pid.c). */
  #isTaken(number: number): boolean {
    return this.all().some(({ pid, pgid, sid }) => [pid, pgid, sid].includes(number));
  }

  #isAlive({ pid, startTime, state }: FakeProcess): boolean {
    return state !== "Z" && this.#processes.get(pid)?.startTime === startTime;
  }

  #finish(target: FakeProcess, how: ProcessExit): void {
    for (const listener of this.#onFilesClosed) listener(target.pid);
    target.state = "Z";
    for (const child of this.all().filter(({ parentPid }) => parentPid === target.pid)) {
      child.parentPid = INIT;
      if (child.state === "Z") this.#processes.delete(child.pid);
    }
    const parent = this.get(target.parentPid);
    if (parent === null || !parent.neverReaps) this.#processes.delete(target.pid);
    this.#onExit.get(target.pid)?.(how);
  }
}
