import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { withTempDir } from "../support.ts";
import { type TestInstance, until, withInstance } from "./support.ts";
import { pidsOf, stopCleanly } from "./support_lifecycle.ts";
import { assertRefused } from "./support_places.ts";

/** An obstacle in place of a file of the tool. `live` and `dangling` are links; the live one's target must not change. */
type Obstacle = "live" | "dangling" | "folder" | "fifo";

const PRECIOUS = "not yours\n";

function targetOf(home: string, obstacle: Obstacle): string {
  return join(home, `${obstacle}-target`);
}

function place(home: string, name: string, obstacle: Obstacle): void {
  const path = join(home, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(targetOf(home, "live"), PRECIOUS);
  if (obstacle === "folder") {
    mkdirSync(path);
    writeFileSync(join(path, "precious"), PRECIOUS);
  } else if (obstacle === "fifo") execFileSync("mkfifo", [path]);
  else symlinkSync(targetOf(home, obstacle), path);
}

/** Proves that the target of a link is unchanged, and that the target of a dangling link was not created. */
function assertUnharmed(home: string): void {
  assertEquals(readFileSync(targetOf(home, "live"), "utf8"), PRECIOUS);
  assert(!existsSync(targetOf(home, "dangling")), "something was made through a link that leads nowhere");
}

/** An obstacle that makes start fail, and what the other commands do about it. */
interface Barrier {
  name: string;
  obstacles: readonly Obstacle[];
  /** The message of start. */
  words: RegExp;
  /** The exit code of `status`, or of `logs` for a log. */
  look: number;
  /** Whether `stop` fails as start does: it takes the locks. */
  barsStop?: true;
}

const BARRED: readonly Barrier[] = [ // Each of them alone: tests/platform/locks/lock_file.test.ts, tests/logs/open_log.test.ts.
  {
    name: "temporal.lock",
    obstacles: ["live"],
    words: /Cannot lock .*\/temporal\.lock: it is a symbolic link/,
    look: 1,
    barsStop: true,
  },
  {
    name: "supervisor.lock",
    obstacles: ["fifo"],
    words: /Cannot lock .*\/supervisor\.lock: it is (not a regular file|a socket or pipe)/,
    look: 3,
    barsStop: true,
  },
  {
    name: "control.sock",
    obstacles: ["folder"],
    words: /Cannot create the control socket .*\/control\.sock: it is a directory/,
    look: 1,
  },
  {
    name: "logs",
    obstacles: ["live", "fifo"],
    words: /Cannot create directory .*\/logs: it exists and is not a directory/,
    look: 0,
  },
  {
    name: "logs/temporal.log",
    obstacles: ["dangling"],
    words: /Cannot use .*\/temporal\.log as a log: it is a symbolic link/,
    look: 1,
  },
  {
    name: "logs/supervisor.log",
    obstacles: ["fifo"],
    words: /Cannot use .*\/supervisor\.log as a log: it is not a regular file/,
    look: 1,
  },
  {
    name: "temporal-data",
    obstacles: ["live"],
    words: /Cannot use .*\/temporal\.db as Temporal's database: .*\/temporal-data is not a directory/,
    look: 1,
  },
  {
    name: "temporal-data/temporal.db",
    obstacles: ["folder"],
    words: /Temporal's database: it is a directory/,
    look: 1,
  },
  { name: "temporal-data/temporal.db", obstacles: ["fifo"], words: /database: it is not a regular file/, look: 1 },
];

/** Obstacles that are replaced, set aside or ignored. */
const TOLERATED: readonly (readonly [name: string, obstacle: Obstacle])[] = [
  ["temporal.pid", "live"],
  ["control.sock", "live"],
  ["outcome.json", "folder"],
  ["history.jsonl", "live"],
  ["temporal-data/temporal.db.being-made", "live"],
];
const TOLERATED_TOO: typeof TOLERATED = [
  ["temporal.pid", "folder"],
  ["control.sock", "fifo"],
  ["outcome.json", "dangling"],
  ["history.jsonl", "fifo"],
  ["temporal-data/temporal.db.being-made", "dangling"],
];

async function assertStartsAround(instance: TestInstance, obstacles: typeof TOLERATED): Promise<void> {
  for (const [name, obstacle] of obstacles) place(instance.home, name, obstacle);
  const status = await instance.start(["--headless"]);
  assert(status.warnings?.some((warning) => warning.includes("temporal.pid was set aside")), `${status.warnings}`);
  const record = readdirSync(instance.home).find((name) => name.startsWith("temporal.pid.set-aside"));
  assert(record !== undefined);
  const seen = await instance.status();
  assertEquals([seen.exitCode, seen.checks.filter(({ ok }) => !ok)], [0, []]);
  await stopCleanly(instance, seen);
  assertUnharmed(instance.home);
}

describe("in place of a file of the tool", () => {
  for (const { name, obstacles, words, look, barsStop } of BARRED) {
    it(`${obstacles.join(", ")} as ${name}: start says so at once, harms nothing and leaves nothing`, async () => {
      for (const obstacle of obstacles) {
        await withInstance(async (instance) => {
          place(instance.home, name, obstacle);
          assertRefused(await instance.run(["start", "--headless"]), words);
          const logs = ["logs", ...(name.endsWith("supervisor.log") ? ["--supervisor"] : [])];
          const seen = await instance.run(name.startsWith("logs") ? logs : ["status", "--json"]);
          assertEquals(seen.code, look, seen.stderr);
          if (name.startsWith("logs/")) assertRefused(seen, words);
          const stop = await instance.run(["stop"]);
          if (barsStop) assertRefused(stop, words);
          else assertEquals([stop.code, stop.stdout, stop.stderr], [0, "Temporal was not running\n", ""]);
          assertUnharmed(instance.home);
          for (const lock of [instance.paths.supervisorLock, instance.paths.processLock]) {
            assertEquals(instance.processes.lockHolders(lock), []);
          }
        });
      }
    });
  }

  it("links and a folder instead of other files than locks and logs: start works around them", () =>
    withInstance((instance) => assertStartsAround(instance, TOLERATED)));

  it("FIFOs, dangling links and a folder: start works around them too, and does not block", () =>
    withInstance((instance) => assertStartsAround(instance, TOLERATED_TOO)));

  it("a directory as control.sock of a running instance: start and stop say so at once, and work once it is gone", () =>
    withInstance(async (instance) => {
      const status = await instance.start(["--headless"]);
      const { controlSocket } = instance.paths;
      unlinkSync(controlSocket);
      place(instance.home, "control.sock", "folder");
      for (const command of ["start", "stop", "restart"]) {
        assertRefused(await instance.run([command]), /control\.sock: it is a directory\nhint: Move the directory away/);
      }
      assertUnharmed(instance.home);
      rmSync(controlSocket, { recursive: true });
      await until("the supervisor listens again", () => existsSync(controlSocket));
      assertEquals((await instance.start()).temporal?.pid, status.temporal?.pid);
      await stopCleanly(instance, status);
    }));

  it("a link to the lock of another instance: the other instance is not mistaken for this one, and keeps running", () =>
    withInstance((other) =>
      withInstance(async (instance) => {
        const theirs = await other.start(["--headless"]);
        symlinkSync(other.paths.processLock, instance.paths.processLock);
        writeFileSync(instance.paths.supervisorLock, "");
        const { exitCode, temporal } = await instance.status();
        assertEquals([exitCode, temporal], [3, null]);
        for (const command of ["stop", "start", "restart"]) {
          assertRefused(await instance.run([command]), /temporal\.lock: it is a symbolic link/);
        }
        const now = await other.status();
        assertEquals([now.exitCode, now.restarts, pidsOf(now)], [0, 0, pidsOf(theirs)]);
      })
    ));

  it("logs and temporal-data as links to another disk: the files are written there", () =>
    withTempDir((elsewhere) =>
      withInstance(async (instance) => {
        for (const name of ["logs", "temporal-data"]) {
          mkdirSync(join(elsewhere, name));
          symlinkSync(join(elsewhere, name), join(instance.home, name));
        }
        const status = await instance.start(["--headless"]);
        assert(existsSync(join(elsewhere, "logs", "temporal.log")));
        assert(existsSync(join(elsewhere, "temporal-data", "temporal.db")));
        assertEquals((await instance.start()).reused, true);
        await stopCleanly(instance, status);
      })
    ));
});

describe("a home", () => {
  it("that is a file, a FIFO or a dangling link is refused, and not changed", () =>
    withTempDir(async (folder) => {
      writeFileSync(join(folder, "file"), PRECIOUS);
      execFileSync("mkfifo", [join(folder, "fifo")]);
      symlinkSync("nothing", join(folder, "dangling"));
      for (const name of ["file", "fifo", "dangling"]) {
        await withInstance(async (instance) => {
          const home = ["--home", join(folder, name)];
          assertRefused(await instance.run(["start", ...home]), /^error: Cannot use .* as home: /);
          assertEquals((await instance.run(["status", ...home])).code, 3);
          assertEquals((await instance.run(["stop", ...home])).code, 0);
        });
      }
      assertEquals(readdirSync(folder).sort(), ["dangling", "fifo", "file"]);
      assertEquals(readFileSync(join(folder, "file"), "utf8"), PRECIOUS);
    }));
});
