import { lstatSync } from "node:fs";
import { LocalError } from "../../lib/errors/local_error.ts";
import { isWithin } from "../../lib/platform/files/is_within.ts";
import { namesDatabase, type Processes } from "../../lib/platform/processes/processes.ts";
import type { LockFile } from "../../lib/platform/locks/lock_file.ts";
import type { Connect } from "../../lib/platform/net/connection.ts";
import type { DetachedProcess } from "../../lib/platform/spawn/spawn_detached.ts";
import type { SpawnOptions } from "../../lib/platform/spawn/spawn_options.ts";
import type { System } from "../../lib/platform/system.ts";
import { type Clock, FakeClock } from "./clock.ts";
import { LockTable } from "./lock_table.ts";
import { PortTable } from "./port_table.ts";
import { type FakeProcess, ProcessTable } from "./process_table.ts";
import { Signals } from "./signals.ts";

/** The memory of each process. */
export const MEMORY_BYTES = 1024 * 1024;
/** What a program does when it begins as `begun`; `pass` are the descriptors that it inherited. */
export type Program = (begun: FakeProcess, args: readonly string[], pass: readonly number[]) => void;

/**
 * A system of tables: processes, signals, locks, ports and a clock, with the rules that Linux has for them. Only files are
 * real. `conformance.test.ts` holds it to the real system. The code under test sees a {@linkcode System}; a test arranges
 * the tables.
 */
export class FakeSystem implements System {
  readonly clock: Clock;
  readonly table: ProcessTable;
  readonly signals: Signals;
  readonly locks: LockTable;
  readonly ports: PortTable;
  /** The programs that can be started, by path: what each does when it begins. */
  readonly programs = new Map<string, Program>();
  readonly #files: { path: string; pid: number; isReadOnly: boolean }[] = [];
  readonly bootId = "4f8d6a4e-0000-4000-8000-fa4e00000001";

  readonly nowMs: System["nowMs"];
  readonly delay: System["delay"];
  readonly kill: System["kill"];
  readonly canBind: System["canBind"];
  readonly connect: Connect;
  readonly processes: Processes;
  readonly tryLock = (path: string): Promise<LockFile | null> => this.tryLockAs(this.table.self, path);
  readonly spawn = (options: SpawnOptions): Promise<DetachedProcess> => this.spawnAs(this.table.self, options);

  constructor(clock: Clock = new FakeClock()) {
    this.clock = clock;
    this.table = new ProcessTable(clock);
    this.signals = new Signals(this.table, clock);
    this.locks = new LockTable(this.table);
    this.ports = new PortTable(this.table, clock);
    this.nowMs = () => clock.nowMs();
    this.delay = (ms, signal) => clock.delay(ms, signal);
    this.kill = this.signals.kill;
    this.canBind = this.ports.canBind;
    this.connect = this.ports.connect;
    this.processes = this.#lookAt(this.table);
  }

  /** As `tryLock` of `lock_file.ts`, in `holder`. */
  tryLockAs(holder: FakeProcess, path: string): Promise<LockFile | null> {
    return this.locks.tryLock(path, holder);
  }

  /** As `spawnDetached`, in `parent`: only locks can be passed on. */
  spawnAs(parent: FakeProcess, { command, args, pass }: SpawnOptions): Promise<DetachedProcess> {
    const begin = this.programs.get(command);
    if (begin === undefined) {
      return Promise.reject(new LocalError("launch-failed", `Cannot run ${command}: file not found`));
    }
    const begun = this.table.spawn({ argv: [command, ...args], executable: command }, parent.pid);
    for (const fd of pass) this.locks.passDescriptor(fd, begun);
    const child: DetachedProcess = { pid: begun.pid, exited: begun.exited, exit: null };
    void begun.exited.then((exit) => child.exit = exit);
    begin(begun, args, pass);
    return Promise.resolve(child);
  }

  /** Process inspection by `viewer`. */
  processesSeenBy(_viewer: FakeProcess): Processes {
    return this.processes;
  }

  /**
   * The system as another process than ourselves has it, and its connections. Once it is dead, nothing that it waits for
   * comes any more, and it can do nothing.
   */
  seenBy(viewer: FakeProcess): System & { connect: Connect } {
    const isAlive = () => viewer.argv !== null && this.table.get(viewer.pid) === viewer;
    const whileAlive = <T>(outcome: () => Promise<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        if (isAlive()) outcome().then((value) => isAlive() && resolve(value), (error) => isAlive() && reject(error));
      });
    return {
      processes: this.processesSeenBy(viewer),
      kill: (pid, signal) => {
        if (!isAlive()) throw new Error(`A dead process sends ${signal} to ${pid}`);
        this.kill(pid, signal);
      },
      tryLock: (path) => whileAlive(() => this.tryLockAs(viewer, path)),
      spawn: (options) =>
        whileAlive(async () => {
          const child = await this.spawnAs(viewer, options);
          return { ...child, exited: whileAlive(() => child.exited) };
        }),
      canBind: (host, port) => whileAlive(() => this.canBind(host, port)),
      connect: (endpoint, timeoutMs) => whileAlive(() => this.connect(endpoint, timeoutMs)),
      nowMs: this.nowMs,
      delay: (ms, signal) => whileAlive(() => this.delay(ms, signal)),
    };
  }

  /** Lets a process have the file at `path` open. */
  openFile(path: string, owner: FakeProcess, mode: "r" | "r+" = "r+"): void {
    this.#files.push({ path, pid: owner.pid, isReadOnly: mode === "r" });
  }

  /** The files that {@linkcode openFile} opened for a process. */
  filesOf(pid: number): { path: string; isReadOnly: boolean }[] {
    return this.#files.filter((each) => each.pid === pid);
  }

  /** Ends time, and closes what is open. */
  [Symbol.dispose](): void {
    this.clock.stop();
    this.locks.close();
  }

  #lookAt(table: ProcessTable): Processes {
    table.onFilesClosed((pid) => {
      for (const [at, file] of [...this.#files.entries()].reverse()) {
        if (file.pid === pid) this.#files.splice(at, 1);
      }
    });
    const holder = (each: FakeProcess) => ({ pid: each.pid, command: table.describe(each).command });
    const others = () => table.all().filter((each) => each !== table.self && !each.isOtherUsers && each.state !== "Z");
    const inspect = (pid: number) => {
      const seen = table.get(pid);
      return seen === null ? null : table.describe(seen);
    };
    const hasOpen = (pid: number, path: string) => {
      const isThere = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
      return isThere && this.#files.some((each) => each.pid === pid && each.path === path && !each.isReadOnly);
    };
    return {
      bootId: () => this.bootId,
      inspect,
      isThere: (pid) => (inspect(pid)?.state ?? "Z") !== "Z",
      argv: (pid) => table.get(pid)?.argv ?? null,
      hasInEnvironment: (pid, entry) => table.get(pid)?.environment?.includes(entry) ?? false,
      liveGroupMembers: (pgid) => table.liveMembers(pgid).map((each) => table.describe(each)),
      startTimeLater: (pid) => {
        const seen = inspect(pid);
        return Promise.resolve(seen === null || seen.state === "Z" ? null : seen.startTime);
      },
      groupHolds: (pgid, path) => this.locks.holders(path).some(({ pid }) => table.get(pid)?.pgid === pgid),
      lockHolders: (path, firstPid) => this.locks.holders(path, firstPid),
      lockedFiles: (pid) => table.get(pid)?.isOtherUsers === true ? [] : this.locks.lockedBy(pid),
      heldLocks: (paths) => paths.filter((path) => this.locks.holders(path).length > 0),
      memoryBytes: (pids) => pids.filter((pid) => (inspect(pid)?.state ?? "Z") !== "Z").length * MEMORY_BYTES,
      fileUsers: (path) =>
        others().filter(({ pid, argv }) => hasOpen(pid, path) || namesDatabase(argv, [path])).map(holder),
      hasWriteLock: () => null,
      isGroupStopped: (pgid) => {
        const members = table.liveMembers(pgid);
        return members.length > 0 && members.every(({ state }) => state === "T");
      },
      processesIn: (folder) => others().filter(({ cwd }) => isWithin(cwd ?? "", folder)).map(holder),
      listeners: (port) => this.ports.listeners(port),
      groupListensOn: (pgid, port) => this.ports.groupListensOn(pgid, port),
    };
  }
}
