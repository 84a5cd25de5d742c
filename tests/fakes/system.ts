import { lstatSync } from "node:fs";
import { namesDatabase } from "../../lib/platform/processes/dev_server_argv.ts";
import type { Processes } from "../../lib/platform/processes/processes.ts";
import type { System } from "../../lib/platform/system.ts";
import { FakeClock } from "./clock.ts";
import { LockTable } from "./lock_table.ts";
import { PortTable } from "./port_table.ts";
import { type FakeProcess, ProcessTable } from "./process_table.ts";
import { Signals } from "./signals.ts";

/** The memory of each process. */
export const MEMORY_BYTES = 1024 * 1024;

/**
 * A system of tables: processes, signals, locks, ports and a clock, with the rules that Linux has for them. Only files are
 * real. `conformance.test.ts` holds it to the real system. The code under test sees a {@linkcode System}; a test arranges
 * the tables.
 */
export class FakeSystem implements System {
  readonly clock = new FakeClock();
  readonly table = new ProcessTable(this.clock);
  readonly signals = new Signals(this.table, this.clock);
  readonly locks = new LockTable(this.table);
  readonly ports = new PortTable(this.table, this.clock);
  readonly #files: { path: string; pid: number; isReadOnly: boolean }[] = [];
  readonly bootId = "4f8d6a4e-0000-4000-8000-fa4e00000001";

  readonly nowMs = this.clock.nowMs;
  readonly delay = this.clock.delay;
  readonly kill = this.signals.kill;
  readonly tryLock = this.locks.tryLock;
  readonly canBind = this.ports.canBind;
  readonly connect = this.ports.connect;
  readonly processes: Processes = this.#lookAt(this.table);

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
      processesIn: (folder) => others().filter(({ cwd }) => `${cwd ?? ""}/`.startsWith(`${folder}/`)).map(holder),
      listeners: (port) => this.ports.listeners(port),
      groupListensOn: (pgid, port) => this.ports.groupListensOn(pgid, port),
    };
  }
}
