import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { linuxProcesses } from "../../../lib/platform/processes/processes_linux.ts";
import { isLinux, until, withProcess, withTempDir } from "../support.ts";

interface Recorded {
  pid: number;
  pgid?: number;
  state?: string;
  name?: string;
  argv?: string[];
  exe?: string;
  /** Where each descriptor leads, and whether it shows a lock. */
  fds?: Record<number, string | { to: string; lock: string }>;
}

/** Writes a proc file system for `processes` into `root`. */
function record(root: string, processes: Recorded[], tables: { tcp?: string; tcp6?: string } = {}): void {
  mkdirSync(join(root, "net"), { recursive: true });
  writeFileSync(join(root, "net", "tcp"), `  sl  local_address …\n${tables.tcp ?? ""}`);
  writeFileSync(join(root, "net", "tcp6"), `  sl  local_address …\n${tables.tcp6 ?? ""}`);
  mkdirSync(join(root, "sys/kernel/random"), { recursive: true });
  writeFileSync(join(root, "sys/kernel/random/boot_id"), "0d9f2c9e-boot\n");
  mkdirSync(join(root, "self"));
  for (const { pid, pgid = pid, state = "S", name = "thing", argv = [], exe, fds = {} } of processes) {
    const folder = join(root, String(pid));
    mkdirSync(join(folder, "fd"), { recursive: true });
    mkdirSync(join(folder, "fdinfo"));
    const threads = state === "Z" ? 1 : 9;
    const rest = `4194304 1 2 3 4 5 6 7 8 20 0 ${threads} 0 ` + `${pid}000 1234 56 18446744073709551615`;
    writeFileSync(join(folder, "stat"), `${pid} (${name}) ${state} 1 ${pgid} ${pgid} 0 -1 ${rest}\n`);
    writeFileSync(join(folder, "cmdline"), argv.map((argument) => `${argument}\0`).join(""));
    if (exe !== undefined) symlinkSync(exe, join(folder, "exe"));
    for (const [fd, value] of Object.entries(fds)) {
      const { to, lock } = typeof value === "string" ? { to: value, lock: "" } : value;
      symlinkSync(to, join(folder, "fd", fd));
      writeFileSync(join(folder, "fdinfo", fd), `pos:\t0\nflags:\t0100002\nmnt_id:\t27\n${lock}`);
    }
  }
}

const LOCK = "lock:\t1: FLOCK  ADVISORY  WRITE 0 fe:00:9978769 0 EOF\n";
const POSIX_LOCK = "lock:\t1: POSIX  ADVISORY  WRITE 77 fe:00:9978769 0 EOF\n";
const listening = (address: string, port: number, inode: number) =>
  `   0: ${address}:${port.toString(16).toUpperCase().padStart(4, "0")} ` +
  `00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0000000000000000 100 0 0 10 0\n`;

describe("linuxProcesses() on a recorded /proc", () => {
  it("describes a process, its name in parentheses and all", () =>
    withTempDir((root) => {
      record(root, [{
        pid: 70,
        pgid: 60,
        state: "T",
        name: "a) Z (b",
        argv: ["/bin/x", "a b", ""],
        exe: "/bin/x (deleted)",
      }]);
      const processes = linuxProcesses(1, root);
      assertEquals(processes.inspect(70), {
        pid: 70,
        pgid: 60,
        sid: 60,
        state: "T",
        startTime: "70000",
        executable: "/bin/x",
        command: "/bin/x a b",
      });
      assertEquals(processes.argv(70), ["/bin/x", "a b", ""]);
      assertEquals(processes.inspect(71), null);
      assertEquals(processes.argv(71), null);
      assertEquals(processes.bootId(), "0d9f2c9e-boot");
    }));

  it("gives a kernel thread its bare name, and cuts a command line that is long or not printable", () =>
    withTempDir((root) => {
      record(root, [{ pid: 2, name: "kthreadd" }, { pid: 3, argv: ["x".repeat(500)] }, {
        pid: 4,
        argv: ["a\n\x1b[31mb"],
      }]);
      const processes = linuxProcesses(1, root);
      assertEquals([processes.inspect(2)?.command, processes.inspect(2)?.executable], ["kthreadd", null]);
      assertEquals(processes.inspect(3)?.command.length, 300);
      assertEquals(processes.inspect(4)?.command, "a [31mb");
    }));

  it("counts no zombie among the live members of a group", () =>
    withTempDir((root) => {
      record(root, [
        { pid: 10, pgid: 10, state: "Z" },
        { pid: 11, pgid: 10 },
        { pid: 12, pgid: 10, state: "X" },
        { pid: 13, pgid: 13 },
        { pid: 14, pgid: 10, state: "T" },
      ]);
      assertEquals(linuxProcesses(1, root).liveGroupMembers(10).map(({ pid }) => pid), [11, 14]);
    }));

  it("finds listeners on IPv4 and IPv6, with and without a holder that can be seen", () =>
    withTempDir((root) => {
      record(root, [{ pid: 20, argv: ["nc", "-l"], fds: { 3: "socket:[501]" } }], {
        tcp: listening("0100007F", 7233, 500) + listening("0100007F", 7234, 502),
        tcp6: listening("00000000000000000000000001000000", 7233, 501),
      });
      const processes = linuxProcesses(1, root);
      assertEquals(processes.listeners(7233), [
        { address: "127.0.0.1", port: 7233, pid: null, command: null },
        { address: "::1", port: 7233, pid: 20, command: "nc -l" },
      ]);
      assertEquals(processes.listeners(1), []);
    }));

  it("says that a group listens when any live member does, and not when a stranger does", () =>
    withTempDir((root) => {
      record(root, [
        { pid: 30, pgid: 30, fds: { 3: "socket:[600]", 4: "pipe:[1]" } },
        { pid: 31, pgid: 30, fds: { 3: "socket:[601]" } },
        { pid: 32, pgid: 32, fds: { 3: "socket:[602]" } },
      ], { tcp: listening("0100007F", 1, 600) + listening("0100007F", 2, 601) + listening("0100007F", 3, 602) });
      const processes = linuxProcesses(1, root);
      assertEquals([1, 2, 3, 4].map((port) => processes.groupListensOn(30, port)), [true, true, false, false]);
    }));

  it("takes a lock file of the same name elsewhere for no lock of ours, and finds ours under another name", () =>
    withTempDir((root) => {
      const home = join(root, "home");
      const elsewhere = join(root, "elsewhere");
      for (const folder of [home, elsewhere]) {
        mkdirSync(folder);
        writeFileSync(join(folder, "t.lock"), "");
      }
      symlinkSync(home, join(root, "mounted"));
      const proc = join(root, "proc");
      record(proc, [
        { pid: 40, argv: ["other"], fds: { 3: { to: join(elsewhere, "t.lock"), lock: LOCK } } },
        { pid: 41, argv: ["unlocked"], fds: { 3: join(home, "t.lock") } },
        { pid: 42, argv: ["posix"], fds: { 3: { to: join(home, "t.lock"), lock: POSIX_LOCK } } },
        { pid: 43, argv: ["mounted"], fds: { 3: { to: join(root, "mounted", "t.lock"), lock: LOCK } } },
      ]);
      assertEquals(linuxProcesses(1, proc).lockHolders(join(home, "t.lock")), [{
        pid: 43,
        command: "mounted",
        on: "path",
      }]);
    }));
});

describe("linuxProcesses() on this machine", { skip: !isLinux }, () => {
  const processes = linuxProcesses(process.pid);

  it("sees ourselves, twice alike", () => {
    const own = processes.inspect(process.pid)!;
    assertEquals(own.pid, process.pid);
    assertEquals(own.executable, process.execPath);
    assertEquals(processes.inspect(process.pid)?.startTime, own.startTime);
    assert(processes.argv(process.pid)!.length > 1);
    assertEquals(processes.liveGroupMembers(own.pgid).some(({ pid }) => pid === process.pid), true);
    assert(/^[0-9a-f-]{36}$/.test(processes.bootId()));
  });

  it("finds the holder of a lock file that was deleted, and of one that was replaced", () =>
    withLockHolder((path, pid) => {
      unlinkSync(path);
      assertEquals(processes.lockHolders(path), [{ pid, command: "sleep 600", on: "deleted" }]);
      assertEquals(processes.lockedFiles(pid), [path]);
      writeFileSync(path, "");
      assertEquals(processes.lockHolders(path, pid), [{ pid, command: "sleep 600", on: "deleted" }]);
      rmSync(join(path, ".."), { recursive: true });
      assertEquals(processes.lockHolders(path), [{ pid, command: "sleep 600", on: "deleted" }]);
    }));

  it("finds the holder when another file was renamed over the lock file", () =>
    withLockHolder((path, pid) => {
      writeFileSync(`${path}.new`, "");
      renameSync(`${path}.new`, path);
      assertEquals(processes.lockHolders(path), [{ pid, command: "sleep 600", on: "deleted" }]);
    }));

  it("finds the holder through a path with links in it", () =>
    withLockHolder((path, pid) => {
      symlinkSync(join(path, ".."), join(path, "../../link"));
      assertEquals(processes.lockHolders(join(path, "../../link/t.lock")).map((each) => each.pid), [pid]);
    }));

  it("takes nobody who has the lock that a link leads to for a holder of ours", () =>
    withLockHolder((path, pid) => {
      symlinkSync(path, join(path, "../link.lock"));
      assertEquals(processes.lockHolders(join(path, "../link.lock"), pid), []);
    }));

  it("names who uses a database: by its descriptor, or as a server that names it; not who merely mentions it", () =>
    withTempDir(async (folder) => {
      const path = join(folder, "temporal.db");
      const fd = openSync(path, "w");
      // Perl, for it forks no child that would have the same arguments until its exec.
      const waiting = ["perl", "-e", '$| = 1; print "ready\\n"; sleep 600'];
      try {
        await withProcess(waiting, async (opener) => {
          await withProcess([...waiting, "start-dev", `--db-filename=${path}`], async (server) => {
            await withProcess([...waiting, "start", "--db-filename", path], async (mention) => {
              await until(() => [opener, server, mention].every((each) => each.output() === "ready\n"), "all run");
              const users = processes.fileUsers(path).map(({ pid }) => pid);
              assertEquals(users, [opener.pid, server.pid].sort((a, b) => a - b));
            });
          });
        }, { fds: [fd] });
      } finally {
        closeSync(fd);
      }
      assertEquals(processes.fileUsers(path), []);
    }));

  it("knows a group whose every thread is stopped", () =>
    withProcess(["sh", "-c", "sleep 600 & wait"], async ({ pid }) => {
      await until(() => processes.liveGroupMembers(pid).length === 2, "both run");
      assertEquals(processes.isGroupStopped(pid), false);
      process.kill(pid, "SIGSTOP");
      await until(() => processes.inspect(pid)?.state === "T", "the shell is stopped");
      assertEquals(processes.isGroupStopped(pid), false);
      process.kill(-pid, "SIGSTOP");
      await until(() => processes.isGroupStopped(pid), "all are stopped");
      process.kill(-pid, "SIGCONT");
      await until(() => !processes.isGroupStopped(pid), "they go on");
      assertEquals(processes.isGroupStopped(2 ** 22 - 1), false);
    }));

  it("sees a write transaction by its lock, and tells it from a lock for reading", () =>
    withTempDir(async (folder) => {
      const path = join(folder, "t.db");
      writeFileSync(path, "");
      for (const [kind, isWrite] of [["F_RDLCK", false], ["F_WRLCK", true]] as const) {
        // struct flock of Linux on 64 bits: type, whence, start, length, pid.
        const lock = `my $lock = pack "s s x4 q q l x4", ${kind}, 0, 0, 1, 0; fcntl($h, F_SETLK, $lock) or die $!;`;
        const script = `use Fcntl; $| = 1; open my $h, "+<", $ARGV[0]; ${lock} print "locked\\n"; sleep 600`;
        await withProcess(["perl", "-e", script, path], async (locker) => {
          await until(() => locker.output() === "locked\n", "it is locked");
          assertEquals(processes.hasWriteLock([process.pid, locker.pid], path), isWrite);
        });
      }
    }));

  it("finds who works in a folder or below it", () =>
    withTempDir(async (folder) => {
      mkdirSync(join(folder, "home", "logs"), { recursive: true });
      mkdirSync(join(folder, "home-of-another"));
      symlinkSync(join(folder, "home"), join(folder, "link"));
      await withProcess(["sleep", "600"], (inside) =>
        withProcess(["sleep", "600"], (below) =>
          withProcess(["sleep", "600"], () => {
            const found = processes.processesIn(join(folder, "link")).map(({ pid }) =>
              pid
            );
            assertEquals(found, [inside.pid, below.pid].sort((a, b) => a - b));
            assert(processes.processesIn("/").some(({ pid }) => pid === inside.pid));
          }, { cwd: join(folder, "home-of-another") }), { cwd: join(folder, "home", "logs") }), {
        cwd: join(folder, "home"),
      });
    }));

  it("finds a hard link to the database open under the same name", () =>
    withTempDir(async (folder) => {
      mkdirSync(join(folder, "other"));
      writeFileSync(join(folder, "t.db"), "");
      linkSync(join(folder, "t.db"), join(folder, "other", "t.db"));
      const fd = openSync(join(folder, "other", "t.db"), "r+");
      try {
        await withProcess(["sleep", "600"], (user) => {
          assertEquals(processes.fileUsers(join(folder, "t.db")).map(({ pid }) => pid), [user.pid]);
        }, { fds: [fd] });
      } finally {
        closeSync(fd);
      }
    }));
});

/** Runs `body` with a process that holds `t.lock` in a home as Temporal does: the flock(1) that took it is dead. */
function withLockHolder(body: (path: string, pid: number) => Promise<void> | void): Promise<void> {
  return withTempDir(async (folder) => {
    mkdirSync(join(folder, "home"));
    const path = join(folder, "home", "t.lock");
    // The shell opens it: the lock has no other descriptor than the one that it hands on.
    const script = 'exec 3>"$1" && flock -n 3 && echo locked && exec sleep 600';
    await withProcess(["sh", "-c", script, "sh", path], async (holder) => {
      await until(() => holder.output() === "locked\n", "the lock is held");
      await until(() => linuxProcesses(process.pid).inspect(holder.pid)?.command === "sleep 600", "sleep runs");
      await body(path, holder.pid);
    });
  });
}
