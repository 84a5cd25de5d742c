import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import type { DoctorReport } from "../../lib/doctor/findings.ts";
import { instancePaths } from "../../lib/instance/paths.ts";
import type { Status } from "../../lib/instance/status/status.ts";
import { withTempDir } from "../support.ts";
import {
  assertNothingLeft,
  isAlive,
  launch,
  otherRuntime,
  ownRuntime,
  signalIfThere,
  type TestInstance,
  toolCommand,
  until,
  withInstance,
} from "./support.ts";
import { databaseUsers, killHard, pidsOf, removeHome, stopCleanly } from "./support_lifecycle.ts";
import { assertRefused, NO_FILE, NOBODY, withFileSystem, withUser } from "./support_places.ts";

/** Creates the folder of a home, as its owner would. */
function homeIn(folder: string, ...names: string[]): string {
  const home = join(folder, ...names);
  mkdirSync(home, { recursive: true, mode: 0o700 });
  return home;
}

/** The life of an instance: started, seen by both runtimes, orphaned, adopted by the other runtime, stopped. */
async function assertLives(instance: TestInstance): Promise<void> {
  const started = await instance.start(["--headless"]);
  const { temporal, supervisor } = pidsOf(started);
  assertEquals((await instance.status({ runtime: otherRuntime })).exitCode, 0);
  const reused = await instance.start([], { runtime: otherRuntime });
  assertEquals([reused.reused, pidsOf(reused)], [true, { temporal, supervisor }]);

  await killHard(supervisor);
  const adopted = await instance.start([], { runtime: otherRuntime });
  assertEquals(pidsOf(adopted).temporal, temporal);
  const seen = await instance.status({ runtime: ownRuntime });
  assertEquals([seen.exitCode, seen.temporal?.adopted], [0, true]);
  await stopCleanly(instance, seen, [supervisor]);
  assertEquals((await instance.status()).exitCode, 3);
}

describe("the name of a home", () => {
  it("may contain spaces, quotes, a newline, a percent sign and any script", () =>
    withTempDir((folder) => withInstance(assertLives, homeIn(folder, `a 'b' "c" $d \`e\` 100% \\f\ng ünï 日本語`))));

  it("may be longer than a socket path", () =>
    withTempDir((folder) => withInstance(assertLives, homeIn(folder, "long".repeat(30), "longer".repeat(15)))));

  it("may be a link: the link and its target are one instance", () =>
    withTempDir(async (folder) => {
      const [real, link] = [homeIn(folder, "real"), join(folder, "link")];
      symlinkSync("real", link);
      await withInstance(async (instance) => {
        const started = await instance.start(["--headless"]);
        const byItsName = await instance.run(["start", "--json", "--home", real], { runtime: otherRuntime });
        assertEquals(pidsOf(JSON.parse(byItsName.stdout) as Status), pidsOf(started));
        await killHard(pidsOf(started).supervisor);
        const adopted = await instance.run(["start", "--json", "--headless", "--home", real]);
        const status = JSON.parse(adopted.stdout) as Status;
        assertEquals(pidsOf(status).temporal, pidsOf(started).temporal);
        await stopCleanly(instance, status);
      }, link);
    }));
});

describe("a working directory that was deleted", () => {
  it(
    "is named by every command under Node; Deno does not start in it",
    { skip: ownRuntime === "deno" },
    () =>
      withTempDir(async (folder) => {
        const gone = homeIn(folder, "gone");
        for (const args of ["status", "stop", "ls --all", "status --json"]) {
          const inGone = ["sh", "-c", `cd "$0" && rmdir "$0" && exec "$@" ${args}`, gone, ...toolCommand(ownRuntime)];
          const { code, stdout, stderr } = await launch(inGone).ended;
          assertEquals(code, 2);
          assertStringIncludes(stdout + stderr, "The working directory was deleted");
          mkdirSync(gone);
        }
      }),
  );
});

describe("a copy of the home of a running instance", () => {
  it("is another instance: it adopts and stops nothing of the first one", () =>
    withInstance(async (instance) => {
      const first = await instance.start(["--headless"]);
      const copy = `${instance.home}.copy`;
      assertEquals(spawnSync("cp", ["-R", instance.home, copy]).status, 0);
      await withInstance(async (copied) => {
        assertEquals((await copied.status()).temporal, null);
        assertEquals((await copied.stop(["--force"])).stdout, "Temporal was not running\n");
        const second = await copied.start(["--headless", "--db-filename", join(copy, "other.db")]);
        assertNotEquals(pidsOf(second).temporal, pidsOf(first).temporal);
        assertStringIncludes(`${second.warnings}`, "copied from another folder");
        await stopCleanly(copied, second);
      }, copy);
      assertEquals(pidsOf(await instance.start()), pidsOf(first));
      await stopCleanly(instance, first);
    }));
});

describe("a home on a file system", () => {
  it("that is read-only: start says so, and commands that start nothing still work", (t) =>
    withFileSystem(t, "20m", async (fileSystem) => {
      const home = homeIn(fileSystem.path, "home");
      await withInstance(async (instance) => {
        try {
          await fileSystem.makeReadOnly();
          for (const args of [["start"], ["start", "--foreground"], ["restart"]]) {
            assertRefused(await instance.run(args), /home: its file system is read-only\n/);
          }
          assertEquals((await instance.run(["stop"])).stdout, "Temporal was not running\n");
          assertEquals((await instance.status()).exitCode, 3);

          await fileSystem.makeWritable();
          await killHard(...Object.values(pidsOf(await instance.start(["--headless"]))));
          await fileSystem.makeReadOnly();
          assertRefused(await instance.run(["start"]), /read-only/);
          const dead = await instance.status();
          assertEquals([dead.exitCode, dead.state], [1, "failed"]);
          assertEquals((await instance.run(["logs"])).code, 0);
        } finally {
          await fileSystem.makeWritable();
        }
        await stopCleanly(instance, await instance.start(["--headless"]));
      }, home);
    }));

  it("that is full, or fills up: start says so, and a running instance can be inspected and stopped", (t) =>
    withFileSystem(t, "4m", async (fileSystem) => {
      const home = homeIn(fileSystem.path, "home");
      await withInstance(async (instance) => {
        const ballast = fileSystem.fill();
        assertRefused(await instance.run(["start", "--headless"]), /home: no space left on its file system\n/);
        assertEquals((await instance.run(["stop"])).code, 0);

        unlinkSync(ballast);
        const running = await instance.start(["--headless"]);
        fileSystem.fill();
        // Temporal itself panics there after about a second, and is restarted.
        const { exitCode, supervisor } = await instance.status();
        assert(exitCode === 0 || exitCode === 4, `status exits ${exitCode}`);
        assertEquals(supervisor?.pid, pidsOf(running).supervisor);
        signalIfThere(pidsOf(running).temporal, "SIGKILL");
        assertEquals((await instance.status()).supervisor?.pid, pidsOf(running).supervisor);
        assertEquals((await instance.stop(["--force"])).code, 0);
        assertNothingLeft(instance, Object.values(pidsOf(running)));
      }, home);
    }));
});

describe("a home that disappears under a running instance", () => {
  it("stops Temporal and its supervisor, and is not created again", () =>
    withInstance(async (instance) => {
      const { temporal, supervisor } = pidsOf(await instance.start(["--headless"]));
      await removeHome(instance);
      await until("the supervisor is gone", () => !isAlive(supervisor));
      assertNothingLeft(instance, [temporal, supervisor]);
      assert(!existsSync(instance.home));
      assertEquals((await instance.run(["stop"])).code, 0);
      assert(!existsSync(instance.home));
    }));

  it("and is created again by a start at once: the old processes exit, the new ones keep running", () =>
    withInstance(async (instance) => {
      const old = pidsOf(await instance.start(["--headless"]));
      await removeHome(instance);
      const status = await instance.start(["--headless"], { runtime: otherRuntime });
      const now = pidsOf(status);
      assertNotEquals(now.temporal, old.temporal);
      assertEquals([status.reused, databaseUsers(instance)], [false, [now.temporal]]);
      await until("the old ones are gone", () => !isAlive(old.temporal) && !isAlive(old.supervisor));
      const later = await instance.status();
      assertEquals([later.exitCode, later.restarts, pidsOf(later)], [0, 0, now]);
      await stopCleanly(instance, later, Object.values(old));
    }));

  it("by being moved: Temporal stops, and its data can be used in the new place", () =>
    withTempDir(async (folder) => {
      const [from, to] = [homeIn(folder, "from"), join(folder, "to")];
      await withInstance(async (instance) => {
        const { temporal, supervisor } = pidsOf(await instance.start(["--headless"]));
        const database = statSync(instance.paths.defaultDatabase).ino;
        renameSync(from, to);
        await until("the supervisor is gone", () => !isAlive(supervisor));
        assertNothingLeft(instance, [temporal, supervisor]);
        assert(!existsSync(from));
        await withInstance(async (moved) => {
          await stopCleanly(moved, await moved.start(["--headless"]));
          assertEquals(statSync(moved.paths.defaultDatabase).ino, database);
          const data = readdirSync(join(to, "temporal-data")).filter((name) => name.includes("set-aside"));
          assertEquals(data, [], "it was taken for a half-made one");
        }, to);
      }, from);
    }));
});

describe("a home that other users can change", () => {
  const commands = [["start"], ["start", "--foreground"], ["stop"], ["status"], ["restart"], ["wait"], ["logs"]];

  it("is refused by every command when others may write to it", () =>
    withTempDir(async (folder) => {
      const home = homeIn(folder, "home");
      chmodSync(home, 0o777);
      await withInstance(async (instance) => {
        for (const args of commands) {
          const refused = await instance.run(args);
          assertRefused(refused, /others/);
          assert(refused.stderr.includes(`chmod go-w '${home}'`), refused.stderr);
        }
        const { error } = JSON.parse((await instance.run(["status", "--json"])).stdout);
        assertEquals(error.code, "home-unusable");
        assertEquals(readdirSync(home), []);
      }, home);
    }));

  it("is refused by every command when it belongs to another user, for root too", (t) =>
    withTempDir(async (folder) => {
      if (process.getuid?.() !== 0) return t.skip("NOT TESTED, only root can give a folder away");
      const home = homeIn(folder, "home");
      chownSync(home, NOBODY, NOBODY);
      await withInstance(async (instance) => {
        for (const args of commands.slice(0, 4)) {
          assertRefused(await instance.run(args), /belongs to user 65534, and this is root\n/);
        }
        assertEquals(readdirSync(home), []);
      }, home);
    }));

  it("is out of reach for an unprivileged user, whose own home works", (t) =>
    withUser(t, NOBODY, async ({ shared, theirs, run: asOther }) => {
      await withInstance(async (instance) => {
        const { temporal } = pidsOf(await instance.start(["--headless"]));
        const refused = await asOther(["stop", "--home", instance.home]);
        assertRefused(refused, /belongs to root, and this is user 65534\n/);
        assertStringIncludes(refused.stderr, `hint: sudo chown -R 65534 '${instance.home}'\n`);
        assert(isAlive(temporal));

        const home = join(theirs, "home");
        await instance.stop(["--force"]);
        const flags = ["--home", home, "--headless", ...instance.ports];
        const shut = join(shared, "shut");
        mkdirSync(shut, { mode: 0o700 });
        const outOfReach = await asOther(["start", ...flags, "--temporal-bin", join(shut, "temporal")]);
        assertRefused(outOfReach, /in a directory that this user cannot search\n/);
        const started = await asOther(["start", "--json", ...flags]);
        assertEquals(started.code, 0, started.stdout + started.stderr);
        const status = JSON.parse(started.stdout) as Status;
        assertEquals(statSync(`/proc/${pidsOf(status).temporal}`).uid, NOBODY);
        assertRefused(await instance.run(["stop", "--home", home]), /belongs to user 65534, and this is root\n/);
        const PATH = `${shut}:${process.env["PATH"]}`;
        const mistyped = await asOther(["run", "--home", home, "--", "there-is-no-such-command"], { PATH });
        assertEquals([mistyped.code, mistyped.stderr.includes("Command not found")], [127, true]);
        assertEquals((await asOther(["stop", "--force", "--home", home])).code, 0);
        assertEquals(instance.processes.lockHolders(instancePaths(home).processLock), []);
      });
    }));
});

describe("a home that root made by one sudo", () => {
  it("is one finding of doctor, with the command that gives it back; the start that makes it warns", (t) =>
    withUser(t, NOBODY, async ({ theirs, run: asUser }) => {
      const home = join(theirs, "home");
      await withInstance(async (instance) => {
        const started = await instance.run(["start", "--headless"], { env: { SUDO_USER: "ada", HOME: theirs } });
        assertEquals(started.code, 0, started.stderr);
        const warning = `warning: ${home} belongs to root now, and ada cannot use it: run this without sudo\n`;
        assertStringIncludes(started.stderr, warning);
        for (const isRunning of [true, false]) {
          if (!isRunning) assertEquals((await instance.stop(["--force"])).code, 0);
          const doctor = await asUser(["doctor", "--json", "--home", home]);
          const { checks } = JSON.parse(doctor.stdout) as DoctorReport;
          assertEquals(checks.filter(({ state }) => state !== "ok"), [{
            name: "home",
            state: "fail",
            detail: `${home} belongs to root, and this is user 65534: nothing in it was checked`,
            remedy: `sudo chown -R 65534 '${home}'`,
          }]);
          assertRefused(await asUser(["start", "--home", home]), /belongs to root, and this is user 65534\n/);
        }
      }, home);
    }));

  it("warns only where the home is in another user's folder", (t) =>
    withTempDir(async (folder) => {
      if (process.getuid?.() !== 0) return t.skip("NOT TESTED, only root can be root");
      await withInstance(async (instance) => {
        const env = { SUDO_USER: "ada" };
        assertEquals((await instance.run(["start", "--headless"], { env })).stderr, "");
      }, homeIn(folder, "home"));
    }));
});

describe("a user without a name", () => {
  it("can run Temporal, unless its binary was linked with the C library, which is reported", (t) =>
    withUser(t, NO_FILE, async ({ theirs, run: asNameless }) => {
      await withInstance(async ({ home, port }) => {
        const started = await asNameless(["start", "--headless", "--port", `${port}`, "--home", home]);
        if (started.code !== 0) {
          return assertRefused(
            started,
            /^error: The Temporal binary \/\S+ requires a name for user 54321, but \/etc\/passwd has none\n/,
          );
        }
        assertEquals((await asNameless(["status", "--home", home])).code, 0);
        assertEquals((await asNameless(["stop", "--home", home])).code, 0);
      }, join(theirs, "home"));
    }));
});
