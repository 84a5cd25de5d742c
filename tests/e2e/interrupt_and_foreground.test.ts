import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Status } from "../../lib/instance/status/status.ts";
import { orUnseen } from "../../lib/platform/processes/proc_files.ts";
import { EXEC_WRAPPER_NAME } from "../../lib/platform/spawn/spawn_by_runtime.ts";
import { withTempDir } from "../platform/support.ts";
import { needsLinux } from "../portable.ts";
import {
  assertNothingLeft,
  isAlive,
  launch,
  otherRuntime,
  ownRuntime,
  ownTool,
  type Running,
  signalIfThere,
  temporalBinary,
  type TestInstance,
  until,
  withInstance,
} from "./support.ts";
import { connectionsOf, shellLine, untilClientWaits } from "./support_callers.ts";
import { besideDatabase } from "./support_data.ts";
import { databaseUsers, killHard, patientTemporal, pidsOf, stopCleanly, untilRecovered } from "./support_lifecycle.ts";
import { assertRefused } from "./support_places.ts";

function startInGroup(instance: TestInstance, ...more: string[]): Running {
  const flags = ["--home", instance.home, ...instance.ports, "--headless"];
  return launch(ownTool("start", ...flags, ...more), { detached: true });
}

const noConnections = needsLinux("connections are counted in /proc/net/unix");
const noProcesses = needsLinux("a process is found in /proc right after its exec");

/** Ctrl-C on a terminal: a signal to the whole foreground group, including helpers of the tool. */
function pressCtrlC(running: Running): void {
  process.kill(-running.pid, "SIGINT");
}

/** The supervisor of the home, found by its command line right after its exec, before it handles signals. */
function supervisorOf({ home }: TestInstance, known: ReadonlySet<string>): number | undefined {
  const isSupervisor = (pid: string) => {
    const command = orUnseen(() => readFileSync(`/proc/${pid}/cmdline`, "utf8")) ?? "";
    return command.includes(`"home":"${home}"`) && !command.includes(EXEC_WRAPPER_NAME);
  };
  const pid = processNames().find((each) => !known.has(each) && isSupervisor(each));
  return pid === undefined ? undefined : Number(pid);
}

function processNames(): string[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
}

/** Waits until the supervisor reports this state, with a Temporal. */
function untilState(instance: TestInstance, state: Status["state"]): Promise<Status> {
  return until(`the state ${state}`, async () => {
    const status = await instance.now();
    return status?.state === state && status.temporal !== null ? status : null;
  });
}

describe("Ctrl-C in start", () => {
  it(
    "exits with 130 and says what keeps running, and the supervisor finishes the start",
    { skip: noConnections },
    () =>
      withInstance(async (instance) => {
        const { binary, letGo } = patientTemporal(instance);
        const first = startInGroup(instance, "--temporal-bin", binary);
        const { supervisor } = await untilState(instance, "starting");
        await untilClientWaits(instance, []);
        const earlier = connectionsOf(instance);
        const second = startInGroup(instance, "--temporal-bin", binary); // it waits for the supervisor of the first
        await untilClientWaits(instance, earlier);

        for (const start of [first, second]) {
          pressCtrlC(start);
          const { code, stdout, stderr } = await start.ended;
          assertEquals([code, stdout], [130, ""], stderr);
          assertStringIncludes(stderr, "Interrupted (SIGINT): the supervisor keeps starting Temporal");
          assertMatch(stderr, /hint: .*stigmer-local wait.*stigmer-local stop/);
        }
        const gone = connectionsOf(instance);
        const third = startInGroup(instance, "--json", "--temporal-bin", binary);
        await untilClientWaits(instance, gone);
        third.kill("SIGTERM");
        const ended = await third.ended;
        assertEquals([ended.code, JSON.parse(ended.stdout).error.code], [143, "interrupted"]);

        letGo();
        assertEquals((await instance.run(["wait"])).code, 0);
        const status = await instance.start();
        assertEquals([status.reused, status.supervisor?.pid], [true, supervisor?.pid]);
        await stopCleanly(instance, status);
      }),
  );

  it(
    "says that nothing was started when it also kills a supervisor that was just forked",
    { skip: noProcesses },
    () =>
      withInstance(async (instance) => {
        const { paths } = instance;
        for (let isProved = false; !isProved;) {
          const known = new Set(processNames());
          const start = startInGroup(instance);
          let supervisor: number | undefined;
          await untilAtOnce("the supervisor is spawned", () => {
            supervisor = supervisorOf(instance, known);
            return supervisor !== undefined;
          });
          // It has left the terminal's group by now, but does not handle signals yet: the same as if it were still in it.
          pressCtrlC(start);
          signalIfThere(supervisor!, "SIGINT");
          const { code, stderr } = await start.ended;
          await until("the supervisor is gone", () => !isAlive(supervisor!));
          isProved = !existsSync(paths.history); // else it already handled the signal: try again
          rmSync(paths.history, { force: true });
          if (!isProved) continue;
          assertEquals(code, 130, stderr);
          assertStringIncludes(stderr, "Interrupted (SIGINT): nothing was started");
        }
        assertNothingLeft(instance, []);
        await stopCleanly(instance, await instance.start(["--headless"]));
      }),
  );

  const moments: [string, (paths: TestInstance["paths"]) => boolean][] = [
    ["the process is there", () => true],
    ["the logs have their folder", ({ logsDir }) => existsSync(logsDir)],
    ["the supervisor's lock is made", ({ supervisorLock }) => existsSync(supervisorLock)],
    ["the supervisor has begun", ({ supervisorLog }) => existsSync(supervisorLog)],
    ["the supervisor answers", ({ controlSocket }) => existsSync(controlSocket)],
    ["Temporal is launched", ({ record }) => existsSync(record)],
  ];
  for (const [moment, hasCome] of moments) {
    it(`says what goes on, and leaves nothing incomplete, when ${moment}`, () =>
      withInstance(async (instance) => {
        const { paths } = instance;
        const start = startInGroup(instance);
        await untilAtOnce(moment, () => hasCome(paths));
        pressCtrlC(start);
        const { code, signal, stderr } = await start.ended;
        const what = `exit ${code ?? signal}: ${stderr}`;
        if (code === 0) { // it was faster than the signal
          assertEquals((await instance.status()).state, "running", what);
        } else if (stderr.includes("keeps starting")) {
          assertEquals([code, (await instance.run(["wait"])).code], [130, 0], what);
        } else {
          // A runtime that is only just coming up dies of the signal.
          if (signal === null) assertStringIncludes(stderr, "Interrupted (SIGINT): nothing was started");
          assertEquals(signal === null ? code : signal, signal === null ? 130 : "SIGINT", what);
          assertEquals(instance.processes.lockHolders(paths.supervisorLock), [], what);
        }
        const status = await instance.start(["--headless"]);
        assertEquals(databaseUsers(instance), [status.temporal?.pid]);
        assert(!readFileSync(paths.supervisorLog, "utf8").includes("set aside"), "a database was left incomplete");
        await stopCleanly(instance, status);
      }));
  }
});

describe("Ctrl-C in backup", () => {
  it(
    "exits at once, and no copy is left when Temporal becomes ready and its turn comes",
    { skip: noConnections },
    () =>
      withInstance(async (instance) => {
        const { binary, letGo } = patientTemporal(instance);
        const start = startInGroup(instance, "--temporal-bin", binary);
        await untilState(instance, "starting");
        await untilClientWaits(instance, []);
        for (const [signal, expected] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const) {
          const earlier = connectionsOf(instance);
          const backup = instance.launch(["backup", join(instance.home, "copy.db")]);
          await untilClientWaits(instance, earlier);
          backup.kill(signal);
          const { code, stdout, stderr } = await backup.ended;
          assertEquals([code, stdout], [expected, ""], stderr);
          assertStringIncludes(stderr, `Interrupted (${signal}): no backup was written`);
        }
        letGo();
        assertEquals((await start.ended).code, 0);
        assertEquals((await instance.run(["backup", join(instance.home, "later.db")])).code, 0);
        assertEquals([existsSync(join(instance.home, "copy.db")), besideDatabase(instance)], [false, []]);
        await stopCleanly(instance, await instance.status());
      }),
  );
});

/** {@linkcode until} without a pause, for states that last less than a millisecond. */
async function untilAtOnce(what: string, hasCome: () => boolean): Promise<void> {
  await until(what, () => {
    for (const giveUpAt = performance.now() + 50; performance.now() < giveUpAt;) if (hasCome()) return true;
    return false;
  });
}

/** Proves that `signal` ends the supervisor, after a graceful end of Temporal; returns the events on its stderr. */
async function assertStops(
  instance: TestInstance,
  foreground: Running,
  signal: NodeJS.Signals,
  { temporal }: Status,
): Promise<{ event: string; pid?: number; forced?: boolean }[]> {
  foreground.kill(signal);
  const { code, signal: died, stdout, stderr } = await foreground.ended;
  assertEquals([code, died, stdout], [0, null, ""], `${signal}: ${stderr}`);
  const events = stderr.trim().split("\n").map((line) => JSON.parse(line));
  const end = events.find(({ event, pid }) => event === "ended" && pid === temporal!.pid);
  assertEquals(end?.forced, false, `${signal}: Temporal was killed`);
  assertNothingLeft(instance, [foreground.pid, temporal!.pid]);
  return events;
}

describe("start --foreground", () => {
  it("supervises in this process, logs to stderr, and stops gracefully at SIGTERM", () =>
    withInstance(async (instance) => {
      const foreground = instance.launch(["start", "--foreground", "--headless"]);
      const first = await untilState(instance, "running");
      assertEquals([first.supervisor?.pid, first.supervisor?.runtime], [foreground.pid, ownRuntime]);
      assertEquals((await instance.start([], { runtime: otherRuntime })).reused, true);
      await killHard(first.temporal!.pid);
      const second = await untilRecovered(instance, first.temporal!.pid);
      assertEquals(second.supervisor?.pid, foreground.pid);

      const events = await assertStops(instance, foreground, "SIGTERM", second);
      for (const event of ["launched", "running", "exited", "stopped"]) {
        assert(events.some((each) => each.event === event), `no ${event} in ${foreground.stderr()}`);
      }
      assertMatch(readFileSync(instance.paths.temporalLog, "utf8"), /Stopping server|Failed to poll for task/);
      assertNothingLeft(instance, [first.temporal!.pid]);
      assertEquals((await instance.status()).exitCode, 3);
    }));

  it("stops gracefully at SIGINT, SIGHUP, SIGQUIT and SIGUSR2, too", () =>
    withInstance(async (instance) => {
      for (const signal of ["SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR2"] as const) {
        const foreground = instance.launch(["start", "--foreground", "--headless"]);
        await assertStops(instance, foreground, signal, await untilState(instance, "running"));
      }
    }));

  it("gets SIGTERM through npm run and npx with exec, as the documentation says", (t) =>
    withTempDir(async (folder) => {
      if (spawnSync("sh", ["-c", "command -v npm"]).status !== 0) return t.skip("NOT TESTED, npm is not on PATH");
      for (const wrapper of ["npm run temporal", "npx -c"]) {
        await withInstance(async (instance) => {
          const { home, port } = instance;
          const words = ownTool("start", "--foreground", "--headless", "--home", home);
          const script = `exec ${shellLine([...words, "--port", `${port}`])}`;
          writeFileSync(join(folder, "package.json"), JSON.stringify({ scripts: { temporal: script } }));
          const command = wrapper === "npx -c" ? ["npx", "-c", script] : wrapper.split(" ");
          const caller = launch(command, { cwd: folder });
          try {
            const { temporal, supervisor } = await untilState(instance, "running");
            caller.kill("SIGTERM");
            await caller.ended;
            await until("the supervisor is gone", () => !isAlive(supervisor!.pid));
            assertNothingLeft(instance, [supervisor!.pid, temporal!.pid]);
          } finally {
            caller.kill("SIGKILL");
          }
        });
      }
    }));

  it("leaves an orphan when it is killed, which start and start --foreground adopt, but not beside another supervisor", () =>
    withInstance(async (instance) => {
      const foreground = instance.launch(["start", "--foreground", "--headless"]);
      const { temporal } = await untilState(instance, "running");
      await killHard(foreground.pid);
      const orphan = await instance.status();
      assertEquals([orphan.exitCode, orphan.state, orphan.temporal?.pid], [4, "unsupervised", temporal?.pid]);
      const adopted = await instance.start();
      assertEquals([adopted.temporal?.pid, adopted.temporal?.adopted], [temporal?.pid, true]);

      const { supervisor } = pidsOf(adopted);
      const refused = await instance.run(["start", "--foreground"], { runtime: otherRuntime });
      assertRefused(refused, new RegExp(`already has a supervisor \\(pid ${supervisor}\\)`));
      assertEquals(pidsOf(await instance.status()), pidsOf(adopted));

      await killHard(supervisor);
      const again = instance.launch(["start", "--foreground"]);
      const status = await untilState(instance, "running");
      assertEquals([status.temporal?.pid, status.supervisor?.pid], [temporal?.pid, again.pid]);
      assertEquals((await instance.stop(["--force"])).code, 0);
      assertEquals((await again.ended).code, 0);
      assertNothingLeft(instance, [again.pid, foreground.pid, temporal!.pid]);
    }));

  it("stops at once while Temporal starts, and leaves a usable database", () =>
    withInstance(async (instance) => {
      const { binary } = patientTemporal(instance);
      const foreground = instance.launch(["start", "--foreground", "--headless", "--temporal-bin", binary]);
      const { temporal } = await untilState(instance, "starting");
      foreground.kill("SIGTERM");
      assertEquals((await foreground.ended).code, 0);
      assertNothingLeft(instance, [foreground.pid, temporal!.pid]);
      await stopCleanly(instance, await instance.start(["--headless", "--temporal-bin", temporalBinary()]));
    }));

  it("fails with the reason when Temporal cannot start, like any start", () =>
    withInstance(async (instance) => {
      const { code, stderr } = await instance.run(["start", "--foreground", "--headless", "--", "--no-such-flag"]);
      assertEquals(code, 1);
      assertMatch(stderr, /\nerror: .*\n(?: {2}\| .*\n)*hint: /);
      assert(!isAlive(instance.processes.lockHolders(instance.paths.supervisorLock)[0]?.pid ?? -1));
      assertEquals((await instance.status()).state, "failed");
    }));
});
