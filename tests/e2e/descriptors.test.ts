import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Status } from "../../lib/instance/status/status.ts";
import { shellWord } from "../../lib/text/shell_word.ts";
import { environmentOf } from "../platform/support.ts";
import { needsLinux } from "../portable.ts";
import { launch, ownTool, type TestInstance, until, withInstance } from "./support.ts";
import {
  assertBornWithItsOwn,
  descriptorsOf,
  listDescriptors,
  pipesOf,
  readDescriptors,
  recordingTemporal,
  runCaller,
  shellLine,
} from "./support_callers.ts";
import { killHard, pidsOf, stopCleanly, untilRecovered } from "./support_lifecycle.ts";

const options = { skip: needsLinux("what a process has open is read from /proc") };

/** `start` on this instance, headless, with a Temporal that reports its inherited descriptors. */
function startCommand(instance: TestInstance, ...more: string[]): string[] {
  const flags = ["--home", instance.home, ...instance.ports, "--headless"];
  return ownTool("start", ...flags, "--temporal-bin", recordingTemporal(instance), ...more);
}

/** Proves that neither Temporal nor its supervisor inherited a descriptor of the caller of `start`. */
function assertNothingOfTheCaller(instance: TestInstance, status: Status, callersList: string): void {
  const { temporal, supervisor } = pidsOf(status);
  const pipes = pipesOf(readDescriptors(callersList));
  assert(pipes.length > 0, "the caller had no pipe: nothing is proved");
  assertBornWithItsOwn(instance, temporal);
  assertEquals(pipesOf(descriptorsOf(supervisor)).filter((pipe) => pipes.includes(pipe)), []);
  assertEquals(pipesOf(descriptorsOf(temporal)).filter((pipe) => pipes.includes(pipe)), []);
  for (const pid of [temporal, supervisor]) assertEquals(readlinkSync(`/proc/${pid}/fd/0`), "/dev/null");
}

describe("the descriptors of the caller", options, () => {
  it("x=$(… start) returns, with copies of the pipe as 3, 9, 12, 63 and at a number of bash's choice", () =>
    withInstance(async (instance) => {
      const list = join(instance.home, "caller");
      const script = `x=$(exec 3>&1 9>&1 12>&1 63>&1 {some}>&1 {more}>&1; ls -l /proc/$BASHPID/fd >${shellWord(list)}
        "$@" 2>&1); echo "code $?"; echo "$x"`;
      const { stdout } = await runCaller(["bash", "-c", script, "bash", ...startCommand(instance)]);
      assertMatch(stdout, /^code 0\n● Temporal is running\n/);
      const first = await instance.status();
      assertNothingOfTheCaller(instance, first, list);

      // The next one is spawned by a supervisor with its own descriptors: its lock, its socket, its clients.
      await killHard(pidsOf(first).temporal);
      const second = await untilRecovered(instance, pidsOf(first).temporal);
      assertBornWithItsOwn(instance, pidsOf(second).temporal);
      await stopCleanly(instance, second);
    }));

  it("x=$(… start) returns if the command is the shell's last, and with a reader that exits early", () =>
    withInstance(async (instance) => {
      const script = `exec 3>&1 11>&1; "$@" 2>&1 | head -n 1`;
      const { stdout } = await runCaller(["bash", "-c", script, "bash", ...startCommand(instance)]);
      assertEquals(stdout, "● Temporal is running\n");
      await stopCleanly(instance, await instance.status());
    }));

  it("start --foreground passes none to Temporal either", () =>
    withInstance(async (instance) => {
      const list = join(instance.home, "caller");
      const script = `exec 3>&1 9>&1 12>&1 63>&1; ${listDescriptors(list)}; exec "$@"`;
      const caller = launch(["bash", "-c", script, "bash", ...startCommand(instance, "--foreground")]);
      try {
        const { temporal } = await until("Temporal serves", async () => {
          const status = await instance.now();
          return status?.state === "running" ? status : null;
        });
        assertBornWithItsOwn(instance, temporal!.pid);
        const pipes = pipesOf(readDescriptors(list));
        assertEquals(pipesOf(descriptorsOf(temporal!.pid)).filter((pipe) => pipes.includes(pipe)), []);
      } finally {
        caller.kill("SIGTERM");
      }
      assertEquals((await caller.ended).code, 0);
    }));
});

describe("start in a git hook", options, () => {
  it("passes on none of git's variables, and neither reads nor holds the hook's stdin", () =>
    withInstance(async (instance) => {
      const [remote, clone] = [join(instance.home, "remote.git"), join(instance.home, "clone")];
      const seen = (name: string) => join(instance.home, name);
      const git = (...args: string[]) => ["git", "-C", clone, "-c", "user.name=T", "-c", "user.email=t@t", ...args];
      for (const args of [["init", "--quiet", "--bare", remote], ["init", "--quiet", clone]]) execFileSync("git", args);
      const hook = [
        "#!/bin/sh",
        `env >${shellWord(seen("environment"))}`,
        listDescriptors(seen("caller")),
        shellLine(startCommand(instance)) + " || exit",
        `cat >${shellWord(seen("stdin"))}`,
      ];
      writeFileSync(join(clone, ".git", "hooks", "pre-push"), hook.join("\n") + "\n", { mode: 0o755 });
      const [file, ...args] = git("commit", "--quiet", "--allow-empty", "-m", "x");
      execFileSync(file!, args);

      const env = { TEMPORAL_ADDRESS: "192.0.2.1:7233", TEMPORAL_NAMESPACE: "elsewhere", GIT_AUTHOR_NAME: "somebody" };
      const push = await runCaller(git("push", "--quiet", remote, "HEAD:refs/heads/main"), { env });
      assertEquals(push.code, 0, push.stderr);
      assertMatch(readFileSync(seen("stdin"), "utf8"), /^HEAD [0-9a-f]{40,} refs\/heads\/main 0+\n$/);

      const status = await instance.status();
      assertNothingOfTheCaller(instance, status, seen("caller"));
      const gits = readFileSync(seen("environment"), "utf8").split("\n").filter((entry) => entry.startsWith("GIT_"));
      assert(gits.length > 1, "git gave its hook nothing: nothing is proved");
      for (const pid of Object.values(pidsOf(status))) {
        const entries = environmentOf(pid);
        assert(entries.some((entry) => entry.startsWith("PATH=")), "the environment can't be read");
        assertEquals(entries.filter((entry) => /^(GIT_|TEMPORAL_|STIGMER_(?!TEST_))/.test(entry)), []);
        assertEquals(readlinkSync(`/proc/${pid}/cwd`), instance.home);
      }
      await stopCleanly(instance, status);
    }));
});

describe("start in a makefile", options, () => {
  it("make -j returns, and its jobserver gets all its tokens back", (t) =>
    withInstance(async (instance) => {
      if (spawnSync("make", ["--version"]).error) return t.skip("make is not here");
      const [folder, list] = [join(instance.home, "work"), join(instance.home, "caller")];
      mkdirSync(folder);
      // The plus sign makes make pass on its jobserver; ${"$$"} is make's way to write a dollar.
      const recipe = (line: string) => `\t+@${line.replaceAll("$", "$$$$")}`;
      const makefile = [
        "all: up other",
        "up:",
        recipe(`${listDescriptors(list)}; echo "flags $MAKEFLAGS"; ${shellLine(startCommand(instance))}`),
        "other:",
        recipe("true"),
      ];
      writeFileSync(join(folder, "Makefile"), makefile.join("\n") + "\n");
      const { code, stdout, stderr } = await runCaller(["make", "-j2"], { cwd: folder, env: { MAKEFLAGS: undefined } });
      assertEquals(code, 0, stderr);
      assertMatch(stdout, /^flags .*--jobserver/m);
      assertEquals(stderr, "", "make warns of tokens that are missing");

      const status = await instance.status();
      assertNothingOfTheCaller(instance, status, list);
      for (const pid of Object.values(pidsOf(status))) {
        assertEquals(environmentOf(pid).filter((entry) => /^(MAKEFLAGS|MFLAGS|MAKELEVEL)=/.test(entry)), []);
      }
      await stopCleanly(instance, status);
    }));
});
