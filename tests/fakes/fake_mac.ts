import { fstatSync, lstatSync, statSync } from "node:fs";
import process from "node:process";
import { type FileIdentity, identityByDevFd } from "../../lib/platform/files/file_identity.ts";
import { adoptLock, type LockFile, O_EXLOCK, tryLock } from "../../lib/platform/locks/lock_file.ts";
import { answersAt, canBind, type Listener } from "../../lib/platform/net/probe_port.ts";
import type { Processes } from "../../lib/platform/processes/processes.ts";
import { darwinProcesses } from "../../lib/platform/processes/processes_darwin.ts";
import type { System } from "../../lib/platform/system.ts";
import type { Clock } from "./clock.ts";
import type { FakeProcess } from "./process_table.ts";
import { FakeSystem, MEMORY_BYTES } from "./system.ts";

const SECOND_MS = 1000;
const EPOCH_MS = Date.UTC(2026, 10, 23);

/** A program of macOS that every Mac runs, with the user's own and with root's rights. */
const OF_APPLE = ["/System/Library/CoreServices/Finder.app/Contents/MacOS/Finder", "/usr/libexec/secd"];

/**
 * A {@linkcode FakeSystem} that is a Mac: the code for macOS looks at its tables through `ps`, `lsof` and `sysctl`, which
 * print them in Apple's formats (tests/platform/processes/fixtures/darwin).
 */
export class FakeMac extends FakeSystem {
  /** The command lines of the tools that were run, in order. */
  readonly asked: string[] = [];
  /** What a tool does instead of its work, by name. */
  readonly refusals = new Map<string, () => never>();

  /** How long a tool takes, in ms, by name. @default 0 */
  readonly delaysMs = new Map<string, number>();

  override readonly processes: Processes;
  override readonly canBind: System["canBind"];

  constructor(clock?: Clock) {
    super(clock);
    this.signals.isOfZombiesPermitted = false;
    this.ports.sharesWildcards = true;
    this.processes = this.processesSeenBy(this.table.self);
    const answers = (host: string, port: number) => answersAt(host, port, this.connect);
    this.canBind = (host, port) => canBind(host, port, "darwin", answers, (...place) => this.#listen(...place));
    for (const executable of OF_APPLE) this.table.spawn({ argv: [executable], executable }, 1);
  }

  override processesSeenBy({ pid }: FakeProcess): Processes {
    return darwinProcesses(pid, (tool, args) => this.run(tool, args), {
      runLater: async (tool, args) => {
        const text = this.#answer(tool, args);
        await this.clock.delay(this.delaysMs.get(tool) ?? 0);
        return text;
      },
      isThere: (pid) => this.table.get(pid) !== null,
    });
  }

  /** As on macOS, where open(2) locks, and the device of an inherited descriptor is that of /dev. */
  override async tryLockAs(holder: FakeProcess, path: string): Promise<LockFile | null> {
    return await tryLock(path, {
      platform: "darwin",
      identify: identifyInherited,
      open: (path, flags, mode) => this.locks.openLocked(path, flags & ~O_EXLOCK, mode, holder),
      close: (fd) => this.locks.closeLocked(fd, holder),
    });
  }

  /** Takes over a lock that `heir` inherited as a descriptor. @throws {LocalError} `lock-failed` */
  adoptLockAs(heir: FakeProcess, fd: number, path: string): LockFile {
    return { ...adoptLock(fd, path, identifyInherited), close: () => this.locks.closeLocked(fd, heir) };
  }

  run(tool: string, args: readonly string[]): string {
    this.clock.block(this.delaysMs.get(tool) ?? 0);
    return this.#answer(tool, args);
  }

  #answer(tool: string, args: readonly string[]): string {
    this.asked.push([tool, ...args].join(" "));
    this.refusals.get(tool)?.();
    if (tool === "sysctl") return `${this.bootId}\n`;
    return tool === "ps" ? this.#ps(args) : this.#lsof(args);
  }

  /** How often each tool was run while `work` was done. */
  async count(work: () => unknown): Promise<Record<string, number>> {
    const before = this.asked.length;
    await work();
    const counts: Record<string, number> = {};
    for (const line of this.asked.slice(before)) {
      const tool = line.split(" ")[0]!;
      counts[tool] = (counts[tool] ?? 0) + 1;
    }
    return counts;
  }

  /** listen(2), for a moment. */
  #listen(host: string, port: number): Promise<Listener> {
    if (this.ports.isTaken(host, port)) {
      return Promise.reject(Object.assign(new Error("listen EADDRINUSE"), { code: "EADDRINUSE", syscall: "listen" }));
    }
    return Promise.resolve({ port, close: () => Promise.resolve() });
  }

  #ps(args: readonly string[]): string {
    const pids = numbersAfter(args, "-p");
    const columns = args[args.indexOf("-o") + 1]!.split(",").map((column) => column.replace("=", ""));
    return this.table.all().filter(({ pid }) => pids === null || pids.includes(pid))
      .map((each) => `${columns.map((column) => cellOf(column, each, this.table.describe(each).command)).join(" ")}\n`)
      .join("");
  }

  #lsof(args: readonly string[]): string {
    const pids = numbersAfter(args, "-p");
    const groups = numbersAfter(args, "-g");
    const internet = args.find((each) => each.startsWith("-iTCP:"));
    if (pids === null && groups === null && internet === undefined) {
      throw new Error(`This reads the memory maps of all processes: lsof ${args.join(" ")}`);
    }
    const kind = args.includes("-d") ? args[args.indexOf("-d") + 1] : "files";
    return this.table.all()
      .filter(({ pid, pgid, isOtherUsers, argv }) =>
        (pids?.includes(pid) ?? true) && (groups?.includes(pgid) ?? true) && isOtherUsers !== true && argv !== null
      )
      .map((each) => {
        const files = internet !== undefined
          ? this.#sockets(each, Number(internet.slice("-iTCP:".length)))
          : kind === "files"
          ? this.#files(each)
          : [{ f: kind!, n: kind === "txt" ? each.executable ?? "" : each.cwd ?? "/" }];
        const lines = files.flatMap((file) => Object.entries(file).map(([letter, value]) => `${letter}${value}\n`));
        return lines.length === 0 ? "" : `p${each.pid}\nc${each.argv?.[0]}\n${lines.join("")}`;
      }).join("");
  }

  #sockets({ pid }: FakeProcess, port: number): Record<string, string>[] {
    return this.ports.listeners(port).filter((each) => each.pid === pid).map(({ address }) => ({
      f: "12",
      t: address.includes(":") ? "IPv6" : "IPv4",
      n: `${
        address === "0.0.0.0" || address === "::" ? "*" : address.includes(":") ? `[${address}]` : address
      }:${port}`,
    }));
  }

  #files({ pid }: FakeProcess): Record<string, string>[] {
    const locked = this.locks.openBy(pid).map(({ path, fd }) => ({
      path,
      flags: "0x4007;0x0",
      info: fstatSync(fd, { bigint: true }),
    }));
    const others = this.filesOf(pid).flatMap(({ path, isReadOnly }) => {
      const info = lstatSync(path, { bigint: true, throwIfNoEntry: false });
      return info === undefined ? [] : [{ path, flags: isReadOnly ? "0x1;0x0" : "0x3;0x0", info }];
    });
    return [...locked, ...others].map(({ path, flags, info }, n) => ({
      ...{ f: `${n + 3}`, t: "REG", G: flags, D: `0x${info.dev.toString(16)}` },
      ...{ i: `${info.ino}`, k: `${info.nlink}`, n: path.replaceAll("\\", "\\\\").replaceAll("\n", "\\n") },
    }));
  }
}

const DEVFS = 0x6c9n;

/** The identity of an open file on macOS, for a Deno that did not open it. */
function identifyInherited(fd: number): FileIdentity {
  return identityByDevFd(fd, {
    fstat: () => {
      throw Object.assign(new Error("EBADF"), { code: "EBADF", syscall: "fstat" });
    },
    stat: (path) => {
      const info = path === "/dev/fd" ? statSync("/", { bigint: true }) : fstatSync(fd, { bigint: true });
      return { dev: DEVFS, ino: info.ino, birthtimeNs: info.birthtimeNs };
    },
  });
}

function numbersAfter(args: readonly string[], option: string): number[] | null {
  const at = args.indexOf(option);
  return at < 0 ? null : args[at + 1]!.split(",").map(Number);
}

function cellOf(column: string, each: FakeProcess, name: string): string {
  const { pid, pgid, sid, state, argv, startTime, isOtherUsers } = each;
  switch (column) {
    case "pid":
      return `${pid}`.padStart(5);
    case "pgid":
      return `${pgid}`.padStart(5);
    case "uid":
      return `${isOtherUsers === true ? 0 : process.getuid?.() ?? 0}`.padStart(5);
    case "stat": {
      const isExiting = argv === null && state !== "Z";
      const letter = isExiting ? "?E" : state === "D" ? "U" : state;
      return `${letter}${sid === pid && state !== "Z" ? "s" : ""}`.padEnd(4);
    }
    case "rss":
      return state === "Z" ? "0" : `${MEMORY_BYTES / 1024}`;
    case "lstart":
      return lstartOf(startTime).padEnd(28);
    case "command":
      return argv?.join(" ") ?? (state === "Z" ? "<defunct>" : `(${name})`);
    default:
      throw new Error(`No such column: ${column}`);
  }
}

/** A tick of the fake clock is a second of the fake Mac, so that its start times tell as many processes apart. */
function lstartOf(startTime: string): string {
  const utc = new Date(EPOCH_MS + Number(startTime) * SECOND_MS).toUTCString(); // Mon, 23 Nov 2026 06:05:12 GMT
  const [day, date, month, year, time] = utc.replace(",", "").split(" ");
  return `${day} ${month} ${`${Number(date)}`.padStart(2)} ${time} ${year}`;
}
