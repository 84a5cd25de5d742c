import { statSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { LocalError } from "../../../lib/errors/local_error.ts";
import { darwinProcesses } from "../../../lib/platform/processes/processes_darwin.ts";
import { processesHere } from "../../../lib/platform/processes/processes_here.ts";
import { systemHere } from "../../../lib/platform/system_here.ts";
import { terminate } from "../../../lib/process/terminate.ts";
import { withProcess, withTempDir } from "../support.ts";

const STARTED = "Mon Nov 23 06:05:12 2026";

/** What the tools of a Mac show of a process. */
type Row = readonly [pid: number, pgid: number, stat: string, executable: string, command: string];

const TEMPORAL: Row = [
  501,
  501,
  "Ss",
  "/Users/ada/My Tools/temporal",
  "/Users/ada/My Tools/temporal server start-dev --port 7233",
];

/** Answers as macOS' tools do; `lsof` by the words of its command line that matter. Writes down what was asked. */
function recording(rows: readonly Row[], lsof: (args: readonly string[]) => string = () => "") {
  const asked: string[] = [];
  const run = (tool: string, args: readonly string[]): string => {
    asked.push([tool, ...args].join(" "));
    if (tool === "sysctl") return "5B6C54A9-5A4C-4F5B-9E5D-0D2E7B4A1F00\n";
    if (tool === "lsof" && args.includes("txt")) {
      const pid = Number(args[args.indexOf("-p") + 1]);
      const [, , , executable = ""] = rows.find((row) => row[0] === pid) ?? [];
      return executable.startsWith("/") ? `p${pid}\nftxt\nn${executable}\nftxt\nn/usr/lib/dyld\n` : "";
    }
    if (tool === "lsof") return lsof(args);
    const wanted = args.includes("-p") ? args[args.indexOf("-p") + 1]!.split(",").map(Number) : null;
    const shown = rows.filter(([pid]) => wanted === null || wanted.includes(pid));
    const columns = args[args.indexOf("-o") + 1];
    return shown.map(([pid, pgid, stat, , command]) => {
      if (columns === "pid=,uid=,command=") {
        return `${String(pid).padStart(5)} ${String(process.getuid?.() ?? 0).padStart(5)} ${command}\n`;
      }
      if (columns === "pid=,command=") return `${String(pid).padStart(5)} ${command}\n`;
      return `${String(pid).padStart(5)} ${String(pgid).padStart(5)} ${stat.padEnd(4)} ${STARTED}     ${command}\n`;
    }).join("");
  };
  return { processes: darwinProcesses(999, run), asked };
}

describe("darwinProcesses()", () => {
  it("describes a process whose path has spaces", () => {
    const { processes } = recording([TEMPORAL]);
    assertEquals(processes.inspect(501), {
      pid: 501,
      pgid: 501,
      sid: 501,
      state: "S",
      startTime: STARTED,
      executable: "/Users/ada/My Tools/temporal",
      command: "/Users/ada/My Tools/temporal server start-dev --port 7233",
    });
    assertEquals(processes.inspect(502), null);
    assertEquals(processes.argv(501)?.slice(-2), ["--port", "7233"]);
    assertEquals(processes.argv(502), null);
  });

  it("knows the executable of a process that calls itself otherwise, and looks it up only when asked", () => {
    const { processes, asked } = recording([[
      501,
      501,
      "Ss",
      "/Users/ada/bin/temporal-1.5.1",
      "temporal server start-dev",
    ]]);
    const seen = processes.inspect(501)!;
    assertEquals(asked, ["ps -ww -o pid=,pgid=,stat=,lstart=,command= -p 501"]);
    assertEquals([seen.executable, seen.executable], Array(2).fill("/Users/ada/bin/temporal-1.5.1"));
    assertEquals(asked.slice(1), ["lsof -a -p 501 -nP -w -b -d txt -Fpfn"]);
  });

  it("knows the session of a group by its leader", () => {
    const { processes } = recording([
      TEMPORAL,
      [502, 501, "S", "/bin/sh", "sh"],
      [600, 600, "S+", "/usr/bin/make", "make"],
      [601, 600, "S+", "/bin/sh", "sh"],
      [701, 700, "S", "/bin/sh", "sh"],
    ]);
    assertEquals([501, 502, 600, 601, 701].map((pid) => processes.inspect(pid)?.sid), [501, 501, -1, -1, 0]);
  });

  it("runs no tool to see whether a process is there", () =>
    withProcess(["sleep", "600"], async ({ pid, child, exited }) => {
      const { processes, asked } = recording([]);
      assertEquals([processes.isThere(pid), processes.isThere(1)], [true, true]);
      child.kill("SIGKILL");
      await exited;
      assertEquals(processes.isThere(pid), false);
      assertEquals(asked, []);
    }));

  it("knows the boot by an id that stays when the clock is set", () => {
    const { processes, asked } = recording([]);
    assertEquals(processes.bootId(), "5B6C54A9-5A4C-4F5B-9E5D-0D2E7B4A1F00");
    assertEquals(asked, ["sysctl -n kern.bootsessionuuid"]);
  });

  it("counts no zombie, and so sees that a group is over for which kill(2) says EPERM", async () => {
    const zombies: Row[] = [
      [501, 501, "Z", "(temporal)", "(temporal)"],
      [502, 501, "Z+", "<defunct>", "<defunct>"],
    ];
    const { processes } = recording([...zombies, [503, 503, "S", "/bin/sleep", "sleep 600"]]);
    assertEquals(processes.liveGroupMembers(501), []);
    assertEquals(processes.liveGroupMembers(503).map(({ pid }) => pid), [503]);
    const end = await terminate({ ...systemHere(), processes }, { pgid: 501, leaderStartTime: null }, 1000);
    assertEquals(end.forced, false);
  });

  it("finds a lock that was inherited, by the flags of the open file", () =>
    withTempDir((folder) => {
      const path = join(folder, "t.lock");
      writeFileSync(path, "");
      const { dev, ino } = statSync(path, { bigint: true });
      const file = `tREG\nD0x${dev.toString(16)}\nk1\ni${ino}\nn${path}\n`;
      const { processes, asked } = recording(
        [TEMPORAL, [600, 600, "S", "/usr/bin/vim", "vim t.lock"]],
        () => `p501\nctemporal\nf3\nG0x4003;0x0\n${file}p600\ncvim\nf4\nG0x1;0x1\n${file}`,
      );
      assertEquals(processes.lockHolders(path), [{ pid: 501, command: TEMPORAL[4], on: "path" }]);
      assertEquals(asked.slice(0, 2), [
        "ps -axww -o pid=,uid=,command=",
        "lsof -a -p 501,600 -nP -w -b +fG -FpcfGtDikn",
      ]);
    }));

  it("looks at the first pid alone before it looks at all", () =>
    withTempDir((folder) => {
      const path = join(folder, "t.lock");
      writeFileSync(path, "");
      const { dev, ino } = statSync(path, { bigint: true });
      const { processes, asked } = recording(
        [TEMPORAL],
        (args) =>
          args.includes("501")
            ? `p501\nfcwd\ntDIR\nn/\nf3\nG0x4003;0x0\ntREG\nD0x${dev.toString(16)}\ni${ino}\nn${path}\n`
            : "",
      );
      assertEquals(processes.lockHolders(path, 501).map(({ pid }) => pid), [501]);
      assertEquals(asked.filter((line) => line.startsWith("lsof")), ["lsof -a -p 501 -nP -w -b +fG -FpcfGtDikn"]);
      assertEquals(processes.lockHolders(path, 502).map(({ pid }) => pid), [501]);
    }));

  it("finds the holder of a lock file that was deleted", () =>
    withTempDir((folder) => {
      const path = join(folder, "t.lock");
      const { processes, asked } = recording([TEMPORAL], () =>
        `p501\nctemporal\nf3\nG0x4003;0x0\ntREG\nD0x1000004\nk0\ni77\nn${path}\nf4\nG0x4003;0x0\ntREG\nD0x1000004\nk0\ni78\nn/other/t.lock\n`);
      assertEquals(processes.lockHolders(path), [{ pid: 501, command: TEMPORAL[4], on: "deleted" }]);
      assertEquals(asked[1], "lsof -a -p 501 -nP -w -b +fG -FpcfGtDikn"); // lsof fails for a path that is not there
      symlinkSync("/", join(folder, "root"));
      assertEquals(
        processes.lockHolders(join(folder, "root", folder, "t.lock")).map(({ on }) =>
          on
        ),
        ["deleted"],
      );
    }));

  it("names who uses a database, ourselves left out", () =>
    withTempDir((folder) => {
      const path = join(folder, "t.db");
      writeFileSync(path, "");
      const { dev, ino } = statSync(path, { bigint: true });
      const file = `f9\nG0x3;0x0\ntREG\nD0x${dev.toString(16)}\nk1\ni${ino}\nn${path}\n`;
      const server: Row = [700, 700, "S", "/opt/temporal", `temporal server start-dev --db-filename=${path}`];
      const { processes } = recording(
        [TEMPORAL, server, [701, 701, "S", "/usr/bin/vim", `vim ${path}`], [999, 999, "S", "/node", "node"]],
        () => `p501\n${file}p999\n${file}`,
      );
      assertEquals(processes.fileUsers(path).map(({ pid }) => pid), [501, 700]);
      unlinkSync(path);
      assertEquals(processes.fileUsers(path).map(({ pid }) => pid), [700]);
    }));

  it("finds who works in a folder, ourselves left out, and knows a stopped group", () => {
    const { processes } = recording(
      [TEMPORAL, [502, 501, "T", "/bin/sleep", "sleep 600"], [503, 503, "T", "/bin/sleep", "sleep 600"]],
      () => "p501\nfcwd\nn/no/home/logs\np503\nfcwd\nn/no/home-of-another\np999\nfcwd\nn/no/home\n",
    );
    assertEquals(processes.processesIn("/no/home").map(({ pid }) => pid), [501]);
    assertEquals([501, 503, 504].map((pgid) => processes.isGroupStopped(pgid)), [false, true, false]);
    assertEquals(processes.hasWriteLock([501], "/no/home/t.db"), null);
  });

  it("names who listens, on ::1 too", () => {
    const { processes, asked } = recording(
      [TEMPORAL, [800, 800, "S", "/usr/bin/nc", "nc -6l ::1 7233"]],
      (args) =>
        args.includes("-g") ? "" : "p501\nctemporal\nf12\ntIPv4\nn127.0.0.1:7233\np800\ncnc\nf3\ntIPv6\nn[::1]:7233\n",
    );
    assertEquals(processes.listeners(7233), [
      { address: "127.0.0.1", port: 7233, pid: 501, command: TEMPORAL[4] },
      { address: "::1", port: 7233, pid: 800, command: "nc -6l ::1 7233" },
    ]);
    assertEquals(processes.groupListensOn(501, 7233), false);
    assertEquals(asked.at(-1), "lsof -a -g 501 -nP -w -b -sTCP:LISTEN -Fpcftn -iTCP:7233");
  });
});

describe("processesHere()", () => {
  it("has an implementation for this platform and for macOS", () => {
    assertEquals(processesHere().inspect(process.pid)?.pid, process.pid);
    assertEquals(typeof processesHere("darwin").lockHolders, "function");
  });

  it("names WSL on Windows, and refuses what it does not know", async () => {
    const windows = assertThrows(() => processesHere("win32"), LocalError, "Cannot run on native Windows");
    assertEquals([windows.code, windows.hint?.includes("WSL")], ["unsupported-platform", true]);
    // deno-lint-ignore require-await -- to get a rejection from a throw
    await assertRejects(async () => processesHere("aix"), LocalError, "Cannot run on 'aix'");
  });
});
