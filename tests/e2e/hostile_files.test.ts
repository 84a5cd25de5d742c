import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { type TestInstance, withInstance } from "./support.ts";
import { pidsOf, stopCleanly } from "./support_lifecycle.ts";
import { assertRefused, withFolder } from "./support_places.ts";

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

/** Obstacles that make start fail, with its message about them. */
const BARRED: readonly (readonly [name: string, words: RegExp, obstacles: readonly Obstacle[]])[] = [
  ["temporal.lock", /Cannot lock .*\/temporal\.lock: it is (a symbolic link|a directory|not a regular file)/, [
    "live",
    "folder",
  ]],
  ["temporal.lock", /Cannot lock .*\/temporal\.lock: it is not a regular file/, ["fifo"]],
  ["supervisor.lock", /Cannot lock .*\/supervisor\.lock: it is a symbolic link/, ["dangling"]],
  ["supervisor.lock", /Cannot lock .*\/supervisor\.lock: it is not a regular file/, ["fifo"]],
  ["control.sock", /Cannot create the control socket .*\/control\.sock: it is a directory/, ["folder"]],
  ["logs", /Cannot create directory .*\/logs: it exists and is not a directory/, ["live", "fifo"]],
  ["logs/temporal.log", /Cannot use .*\/temporal\.log as a log: it is a symbolic link/, ["live", "dangling"]],
  ["logs/temporal.log", /Cannot use .*\/temporal\.log as a log: it is not a regular file/, ["fifo"]],
  ["logs/supervisor.log", /Cannot use .*\/supervisor\.log as a log: it is a symbolic link/, ["live", "dangling"]],
  ["logs/supervisor.log", /Cannot use .*\/supervisor\.log as a log: it is not a regular file/, ["fifo"]],
  ["temporal-data", /Cannot use .*\/temporal\.db as Temporal's database: .*\/temporal-data is not a directory/, [
    "live",
  ]],
  ["temporal-data/temporal.db", /Temporal's database: it is (a directory|not a regular file)/, ["folder", "fifo"]],
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
  for (const [name, words, obstacles] of BARRED) {
    it(`${obstacles.join(", ")} as ${name}: start says so at once, harms nothing and leaves nothing`, async () => {
      for (const obstacle of obstacles) {
        await withInstance(async (instance) => {
          place(instance.home, name, obstacle);
          assertRefused(await instance.run(["start", "--headless"]), words);
          const logs = ["logs", ...(name.endsWith("supervisor.log") ? ["--supervisor"] : [])];
          const look = await instance.run(name.startsWith("logs") ? logs : ["status", "--json"]);
          assert([0, 1, 3].includes(look.code!), look.stderr);
          assert(look.stderr === "" || look.stderr.includes(name), look.stderr);
          const stop = await instance.run(["stop"]);
          assert(stop.code === 0 || stop.stderr.includes(name), stop.stderr);
          assertUnharmed(instance.home);
          for (const lock of [instance.paths.supervisorLock, instance.paths.temporalLock]) {
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

  it("a link to the lock of another instance: the other instance is not mistaken for this one, and keeps running", () =>
    withInstance((other) =>
      withInstance(async (instance) => {
        const theirs = await other.start(["--headless"]);
        symlinkSync(other.paths.temporalLock, instance.paths.temporalLock);
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
    withFolder((elsewhere) =>
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
    withFolder(async (folder) => {
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
