import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { LocalError } from "../../../lib/errors/local_error.ts";
import { processesHere } from "../../../lib/platform/processes/processes_here.ts";
import { type DetachedProcess, spawnDetached } from "../../../lib/platform/spawn/spawn_detached.ts";
import type { SpawnOptions } from "../../../lib/platform/spawn/spawn_options.ts";
import {
  awaited,
  DEADLINE_MS,
  descriptorsOf,
  environmentOf,
  isLinux,
  killGroup,
  scriptCommand,
  until,
  withProcess,
  withTempDir,
} from "../support.ts";

const SLEEPER = fileURLToPath(new URL("../fixtures/spawn_sleeper.ts", import.meta.url));
const AT_LIMIT = fileURLToPath(new URL("../fixtures/spawn_at_limit.ts", import.meta.url));
/** Of open files: enough for a runtime. */
const LIMIT = 64;
const processes = processesHere();

describe("spawnDetached()", () => {
  // The one is a recording, the other what std::io::Error of Rust prints.
  for (const message of ["spawn Unknown system error -86", "Bad CPU type in executable (os error 86)"]) {
    it(`says what a Mac without Rosetta needs for a program of Intel's: ${message}`, async () => {
      const posixSpawn = () => {
        throw Object.assign(
          new Error(message),
          message.startsWith("spawn") ? { code: "Unknown system error -86" } : {},
        );
      };
      const error = await assertRejects(
        () =>
          spawnDetached({
            ...{ command: "/bin/sh", args: [], cwd: "/", env: {}, stdin: "null", stdout: "null", stderr: "null" },
            pass: [],
          }, posixSpawn),
        LocalError,
        "it is built for another processor",
      );
      assertEquals([error.code, error.facts["systemError"]], ["launch-failed", "EBADARCH"]);
      assert(error.hint?.includes("softwareupdate --install-rosetta"));
    });
  }

  const ways: { runtime: "deno" | "node"; flags?: string[]; tools?: string[] }[] = [
    { runtime: "deno" },
    { runtime: "deno", flags: ["--no-posix-spawn"] },
    { runtime: "deno", flags: ["--no-libc"] },
    { runtime: "deno", flags: ["--no-libc"], tools: ["perl"] },
    { runtime: "node" },
    { runtime: "node", tools: ["perl"] },
  ];
  for (const { runtime, flags = [], tools = [] } of ways) {
    const how = [runtime, ...flags, ...tools.map((tool) => `${tool} alone`)].join(", ");
    it(`keeps no pipe of our caller's open, and has exactly the descriptors that it was given (${how})`, {
      skip: !isLinux,
    }, () =>
      withTempDir(async (folder) => {
        const pid = await pidFromCallerWithManyPipes(
          [...scriptCommand(runtime, SLEEPER), folder, ...flags],
          pathWith(folder, tools),
        );
        try {
          await until(() => processes.argv(pid)?.at(-1) === "600", "it lives"); // none while the kernel is in execve(2)
          await until(() => String(descriptorsOf(pid)) === "0,1,2,3", "it has exactly 0, 1, 2 and 3");
          const leadsTo = [0, 1, 2, 3].map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
          assertEquals(leadsTo, ["/dev/null", ...["out", "err", "lock"].map((name) => join(folder, name))]);
          const names = environmentOf(pid).map((entry) => entry.split("=")[0]!);
          assertEquals(names.filter((name) => !["PWD", "SHLVL", "_", "OLDPWD"].includes(name)).sort(), [
            "MARK",
            "PATH",
          ]);
        } finally {
          killGroup(pid);
        }
      }));
  }

  for (const runtime of ["deno", "node"] as const) {
    it(`starts nothing that would not have what is passed on, at the limit of open files (${runtime})`, {
      skip: !isLinux,
    }, () =>
      withTempDir(async (folder) => {
        const fixture = [...scriptCommand(runtime, AT_LIMIT), folder, String(LIMIT - 4)];
        await withProcess(
          ["sh", "-c", 'ulimit -n "$0"; exec "$@"', String(LIMIT), ...fixture],
          async ({ output, exited }) => {
            assertEquals(await awaited(exited), { code: 0, signal: null });
            assert(["EMFILE", join(folder, "lock")].includes(output().trim()), output());
          },
        );
      }));
  }

  it("makes the process the leader of a group and a session of its own, in the folder it was told", () =>
    withTempDir(async (folder) => {
      await withSpawned({ command: "sleep", args: ["600"], cwd: folder }, ({ pid }) => {
        const info = processes.inspect(pid)!;
        assertEquals(info.pgid, pid);
        if (isLinux) assertEquals([info.sid, readlinkSync(`/proc/${pid}/cwd`)], [pid, folder]);
      });
    }));

  it("shows the program itself, and no shell, as soon as it resolves", () =>
    withTempDir(async (folder) => {
      const log = openSync(join(folder, "log"), "a");
      const sleep = realpathSync(execFileSync("sh", ["-c", "command -v sleep"], { encoding: "utf8" }).trim());
      for (let round = 0; round < 10; round++) {
        await withSpawned({ command: "sleep", args: ["600"], stdout: log, stderr: log, pass: [log] }, ({ pid }) => {
          assertEquals(processes.inspect(pid)?.executable, sleep);
        });
      }
      closeSync(log);
    }));

  it("sends both outputs to one file, in the order in which they were written", () =>
    withTempDir(async (folder) => {
      const log = openSync(join(folder, "log"), "a");
      const script = "echo one; echo two >&2; echo three; test -t 0 || cat";
      const { exited } = await spawnDetached(
        options({ command: "sh", args: ["-c", script], stdout: log, stderr: log }),
      );
      closeSync(log);
      assertEquals(await awaited(exited), { code: 0, signal: null });
      assertEquals(readFileSync(join(folder, "log"), "utf8"), "one\ntwo\nthree\n");
    }));

  it("passes several descriptors as 3, 4, 5, each to its place", () =>
    withTempDir(async (folder) => {
      const fds = ["a", "b", "c", "out"].map((name) => openSync(join(folder, name), "a"));
      const [a, b, c, out] = fds as [number, number, number, number];
      const script = "echo a >&5; echo b >&3; echo c >&4; echo out";
      const { exited } = await spawnDetached(
        options({ command: "sh", args: ["-c", script], stdout: out, pass: [b, c, a] }),
      );
      assertEquals((await awaited(exited)).code, 0);
      for (const fd of fds) closeSync(fd);
      for (const name of ["a", "b", "c", "out"]) assertEquals(readFileSync(join(folder, name), "utf8"), `${name}\n`);
    }));

  it("tells how the process ended", async () => {
    for (
      const [script, end] of [["exit 0", [0, null]], ["exit 42", [42, null]], ["kill -9 $$", [
        null,
        "SIGKILL",
      ]]] as const
    ) {
      const { exited } = await spawnDetached(options({ command: "sh", args: ["-c", script] }));
      const { code, signal } = await awaited(exited);
      assertEquals([code, signal], [...end]);
    }
  });

  it("hands arguments on untouched", () =>
    withTempDir(async (folder) => {
      const log = openSync(join(folder, "log"), "a");
      const args = ["a b", "", "'", '"', "$HOME", "`id`", "*", "-c", "\n", "ü"];
      const { exited } = await spawnDetached(
        options({ command: "printf", args: ["<%s>", ...args], stdout: log, pass: [log] }),
      );
      assertEquals((await awaited(exited)).code, 0);
      closeSync(log);
      assertEquals(readFileSync(join(folder, "log"), "utf8"), args.map((each) => `<${each}>`).join(""));
    }));

  it("says why a program can't be run", () =>
    withTempDir(async (folder) => {
      const file = (name: string, content: string | Uint8Array, mode = 0o755) => {
        writeFileSync(join(folder, name), content);
        chmodSync(join(folder, name), mode);
        return join(folder, name);
      };
      const foreign = process.platform === "linux" ? Uint8Array.of(0xcf, 0xfa, 0xed, 0xfe, 7, 0, 0, 1) : elf();
      mkdirSync(join(folder, "folder"));
      symlinkSync(join(folder, "nowhere"), join(folder, "link"));
      const cases: [string, string, string][] = [
        [join(folder, "none"), "ENOENT", "file not found"],
        ["no-such-program", "ENOENT", "file not found"],
        [join(folder, "link"), "ENOENT", "file not found"],
        [join(folder, "folder"), "EACCES", "it is a directory"],
        [file("plain", "#!/bin/sh\n", 0o644), "EACCES", "it is not executable by this user"],
        [file("foreign", foreign), "ENOEXEC", "it is built for"],
        [file("empty", ""), "ENOEXEC", "it is empty"],
        [file("text", "temporal"), "ENOEXEC", "neither a binary nor a script"],
        [file("script", `#!${folder}/missing -x\n`), "ENOENT", "which is not installed"],
      ];
      for (const [command, code, reason] of cases) {
        const error = await assertRejects(() => spawnDetached(options({ command, cwd: folder })), LocalError, reason);
        assertEquals([error.code, error.facts["systemError"]], ["launch-failed", code], command);
        assert(error.hint !== undefined, command);
      }
    }));

  it("says why a program can't be run where only the system knows: a folder that is gone", () =>
    withTempDir(async (folder) => {
      const log = openSync(join(folder, "log"), "a");
      for (const stdout of ["null", log] as const) {
        const wanted = options({ command: "sleep", args: ["600"], cwd: join(folder, "gone"), stdout });
        const error = await assertRejects(() => spawnDetached(wanted), LocalError, join(folder, "gone"));
        assertEquals(error.code, "launch-failed");
      }
      closeSync(log);
    }));

  it("runs a program of that name from PATH, but none from the working folder", () =>
    withTempDir(async (folder) => {
      mkdirSync(join(folder, "bin"));
      for (const path of [join(folder, "thing"), join(folder, "bin", "thing")]) {
        writeFileSync(path, `#!/bin/sh\nexit ${path.includes("bin") ? 5 : 6}\n`, { mode: 0o755 });
      }
      const PATH = `:.:${join(folder, "bin")}:${process.env["PATH"]}`;
      const { exited } = await spawnDetached(options({ command: "thing", cwd: folder, env: { PATH } }));
      assertEquals((await awaited(exited)).code, 5);
    }));
});

function options(some: Partial<SpawnOptions> & Pick<SpawnOptions, "command">): SpawnOptions {
  return { args: [], cwd: "/", env: process.env, stdin: "null", stdout: "null", stderr: "null", pass: [], ...some };
}

async function withSpawned(
  some: Partial<SpawnOptions> & Pick<SpawnOptions, "command">,
  body: (spawned: DetachedProcess) => Promise<void> | void,
): Promise<void> {
  const spawned = await spawnDetached(options(some));
  try {
    await body(spawned);
  } finally {
    killGroup(spawned.pid);
    await awaited(spawned.exited);
  }
}

function elf(): Uint8Array {
  const head = new Uint8Array(20);
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  return head;
}

/** A search path with these tools and `sleep` alone; the usual one for no tools. */
function pathWith(folder: string, tools: string[]): string {
  if (tools.length === 0) return process.env["PATH"]!;
  mkdirSync(join(folder, "bin"));
  for (const tool of ["sleep", ...tools]) {
    symlinkSync(
      execFileSync("sh", ["-c", `command -v ${tool}`], { encoding: "utf8" }).trim(),
      join(folder, "bin", tool),
    );
  }
  return join(folder, "bin");
}

/**
 * Runs `command` as `x=$(…)` does, with the pipe open as 3, 9, 12 and 63 as well, and waits for the pipe's end. Gives
 * the pid that it printed.
 */
async function pidFromCallerWithManyPipes(command: string[], path: string): Promise<number> {
  const caller = spawn("bash", ["-c", 'exec 3>&1 9>&1 12>&1 63>&1; exec env PATH="$0" "$@"', path, ...command], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  caller.stdout.setEncoding("utf8").on("data", (text: string) => output += text);
  const isClosed = new Promise<boolean>((resolve) => caller.stdout.once("close", () => resolve(true)));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const isLate = new Promise<boolean>((resolve) => timer = setTimeout(() => resolve(false), DEADLINE_MS));
  const reachedEnd = await Promise.race([isClosed, isLate]);
  clearTimeout(timer);
  const pid = (JSON.parse(output) as { pid: number }).pid;
  if (!reachedEnd) killGroup(pid);
  assertEquals(reachedEnd, true, "the pipe never ended");
  return pid;
}
