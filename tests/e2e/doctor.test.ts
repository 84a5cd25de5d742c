import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { DoctorCheck, DoctorReport } from "../../lib/doctor/findings.ts";
import { isLinux, makeSleeper, SETSID } from "../portable.ts";
import { DEADLINE_MS, launch, otherRuntime, ownRuntime, type TestInstance, until, withInstance } from "./support.ts";
import { beginWriting, besideDatabase, startWorkflows } from "./support_data.ts";
import { killHard, pidsOf } from "./support_lifecycle.ts";
import { whileInUse } from "./support_strangers.ts";

/** The output of `doctor` for this instance. */
async function examine(
  instance: TestInstance,
  args: readonly string[] = [],
  runtime = ownRuntime,
): Promise<DoctorReport & { exitCode: number | null }> {
  const { code, stdout, stderr } = await instance.run(["doctor", "--json", ...instance.ports, ...args], { runtime });
  assertEquals(stderr, "");
  return { ...JSON.parse(stdout) as DoctorReport, exitCode: code };
}

/** The checks that did not pass, as `name: state`, without `space`, which depends on the machine. */
function complaints({ checks }: DoctorReport): string[] {
  return checks.filter(({ name, state }) => state !== "ok" && name !== "space").map(({ name, state }) =>
    `${name}: ${state}`
  );
}

const checkOf = (report: DoctorReport, name: string): DoctorCheck => report.checks.find((each) => each.name === name)!;

/** Every file of the home, with its modification time and size. */
function traces(home: string): string[] {
  return readdirSync(home, { recursive: true, encoding: "utf8" })
    .filter((name) =>
      !name.startsWith("logs") && !/temporal\.db(-journal|\.server)?$/.test(name) && statSync(join(home, name)).isFile()
    )
    .map((name) => `${name} ${statSync(join(home, name)).ino} ${statSync(join(home, name)).mtimeMs}`)
    .sort();
}

describe("doctor", () => {
  it("fails an unusable config.yaml, and checks the rest without it", () =>
    withInstance(async (instance) => {
      writeFileSync(instance.paths.config, "backend:\n  local:\n    temporal:\n      prot: 7300\n");
      for (const runtime of [ownRuntime, otherRuntime]) {
        const report = await examine(instance, [], runtime);
        assertEquals([complaints(report), report.exitCode], [["config: fail"], 1]);
        const { detail, remedy } = checkOf(report, "config");
        assertStringIncludes(detail, ":4: Unknown key `prot`");
        assertEquals(remedy, `$EDITOR '${instance.paths.config}' (Did you mean \`port\`?)`);
      }
    }));

  it("finds no problem with a running instance, and disturbs neither its start nor its writes", () =>
    withInstance(async (instance) => {
      const starting = instance.launch(["start", "--headless", "--json"]);
      const early = await Promise.all([examine(instance), examine(instance, [], otherRuntime)]);
      for (const report of early) {
        assertEquals(report.checks.filter(({ name }) => name === "locks").map(({ state }) => state), ["ok"]);
      }
      const started = await starting.ended;
      assertEquals(started.code, 0, started.stdout + started.stderr);
      const { temporal, supervisor } = pidsOf(JSON.parse(started.stdout));

      const before = traces(instance.home);
      const writer = await beginWriting(instance, "w");
      const report = await examine(instance);
      await writer.stop();
      // A warning about constant writes is allowed.
      assertEquals(
        complaints(report).filter((complaint) => complaint !== "database: warn"),
        [],
        JSON.stringify(report),
      );
      assertEquals([report.ok, report.exitCode], [true, 0]);
      const locks = checkOf(report, "locks").detail;
      assertStringIncludes(locks, `supervisor.lock held by pid ${supervisor}, temporal.lock held by pid ${temporal}`);

      const quiet = await until("the database is at rest", async () => {
        const again = await examine(instance, ["--fix"], otherRuntime);
        return checkOf(again, "database").state === "ok" ? again : null;
      });
      assertEquals(complaints(quiet), []);
      assertStringIncludes(checkOf(quiet, "database").detail, "intact, the tables of Temporal 1.");
      assertEquals(traces(instance.home), before);
      assertEquals(besideDatabase(instance), []);
    }));

  it("reports what a crash left, and fixes what is safe to fix", () =>
    withInstance(async (instance) => {
      const { home, paths } = instance;
      const { temporal, supervisor } = pidsOf(await instance.start(["--headless"]));
      await killHard(supervisor);
      const orphaned = await examine(instance);
      assertEquals(complaints(orphaned), ["instance: warn", "control: warn"]);
      const start = `stigmer-local start --home '${home}'`; // another home would be another instance
      assertEquals(checkOf(orphaned, "instance").remedy, start);

      unlinkSync(paths.processLock);
      const nameless = checkOf(await examine(instance), "locks");
      assertEquals([nameless.state, nameless.remedy], ["fail", start]);
      assertStringIncludes(nameless.detail, `pid ${temporal} held it`);
      await killHard(temporal);

      const database = paths.defaultDatabase;
      const old = [
        join(home, "temporal.pid.0123abcd.tmp"),
        `${database}.copy-0123abcd`,
        `${database}.copy-0123abcd-journal`,
      ];
      const kept = [join(home, "mine.tmp"), `${database}.copy-of-mine`, `${database}.set-aside-x`];
      for (const path of [...old, ...kept]) {
        writeFileSync(path, "x");
        utimesSync(path, new Date(0), new Date(0));
      }
      chmodSync(home, 0o775);
      chmodSync(paths.logsDir, 0o777);
      const ill = await examine(instance);
      const all = ["home: fail", "instance: fail", "record: warn", "control: warn", "leftovers: warn"];
      assertEquals([complaints(ill), ill.exitCode], [all, 1]);

      const { exitCode, ...after } = await examine(instance, ["--fix"], otherRuntime);
      assertEquals([complaints(after), exitCode], [[], 0], JSON.stringify(after));
      const fixed = after.checks.filter(({ fixed }) => fixed).map(({ name }) => name);
      assertEquals(fixed, ["home", "record", "control", "leftovers"]);
      assertEquals([statSync(home).mode & 0o777, statSync(paths.logsDir).mode & 0o777], [0o755, 0o755]);
      assertEquals([...old, paths.record, paths.controlSocket].filter((path) => existsSync(path)), []);
      assertEquals(kept.filter((path) => !existsSync(path)), []);
      assertEquals((await instance.start(["--headless"])).healthy, true);
    }));

  it("asks no supervisor in a home that others may write to, and fails no lock that the supervisor creates again", () =>
    withInstance(async (instance) => {
      await instance.start(["--headless"]);
      chmodSync(instance.home, 0o770);
      assertEquals(complaints(await examine(instance)), ["home: fail"]);
      assertEquals(complaints(await examine(instance, ["--fix"])), []);
      assertEquals((await instance.status()).healthy, true);

      unlinkSync(instance.paths.processLock);
      const states: string[] = [];
      await until("it is made again", async () => {
        states.push(checkOf(await examine(instance), "locks").state);
        return states.at(-1) === "ok";
      });
      assert(!states.includes("fail"), states.join(" "));
    }));

  it("recognizes a Temporal blocked by a reader of its database, until it is restarted", () =>
    withInstance(async (instance) => {
      await instance.start(["--headless"]);
      await startWorkflows(instance, ["before"]);
      // The bytes that SQLite locks to read (SHARED_FIRST, SHARED_SIZE in its os.h); struct flock on 64 bits.
      const struct = isLinux ? '"s s x4 q q l x4", F_RDLCK, 0, $from, $n, 0' : '"q q l s s", $from, $n, 0, F_RDLCK, 0';
      const lock =
        `my ($from, $n) = (0x40000002, 510); my $lock = pack ${struct}; fcntl($h, F_SETLKW, $lock) or die $!;`;
      const script = `use Fcntl; $| = 1; open my $h, "<", $ARGV[0]; ${lock} print "locked\\n"; sleep 600`;
      const reader = launch(["perl", "-e", script, instance.paths.defaultDatabase]);
      try {
        await until("the reader has its lock", () => reader.stdout() === "locked\n");
        startWorkflows(instance, ["stuck"]).catch(() => {}); // its error does not matter here
        const stuck = "cannot start a transaction within a transaction";
        await until("Temporal is stuck", () => readFileSync(instance.paths.temporalLog, "utf8").includes(stuck));
      } finally {
        reader.kill("SIGKILL");
        await reader.ended;
      }
      const log = checkOf(await examine(instance), "log");
      assertEquals([log.state, log.remedy], ["fail", `stigmer-local restart --home '${instance.home}'`]);
      assertEquals((await instance.run(["restart"])).code, 0);
      assertEquals(checkOf(await examine(instance), "log").state, "warn");
      await startWorkflows(instance, ["after"]);
    }));

  it("names the processes on the ports, leftover processes, and a file that is not a database", () =>
    withInstance(async (instance) => {
      const { home, paths } = instance;
      mkdirSync(paths.binDir);
      mkdirSync(join(home, "temporal-data"));
      writeFileSync(paths.defaultDatabase, "this is no database ".repeat(500));
      mkdirSync(paths.processLock);
      writeFileSync(paths.record, "no record");
      const sleeper = makeSleeper(join(paths.binDir, "temporal-1.5.1"), DEADLINE_MS / 1000);
      const orphan = launch([...SETSID, ...sleeper], { cwd: home });
      await whileInUse(instance.port, async () => {
        await until("it runs", () => instance.processes.inspect(orphan.pid)?.executable?.startsWith(home));
        const report = await examine(instance);
        const expected = ["locks: fail", "record: warn", "ports: fail", "orphans: warn", "database: fail"];
        assertEquals(complaints(report), expected);
        assertStringIncludes(checkOf(report, "orphans").detail, `pid ${orphan.pid} (`);
        assertEquals(report.exitCode, 1);
        assertStringIncludes(checkOf(report, "ports").detail, `taken by pid ${process.pid} (`);
        assertEquals(
          checkOf(report, "ports").remedy,
          `kill ${process.pid}; or stigmer-local start --home '${home}' --port ${instance.port + 100}`,
        );
        assertStringIncludes(checkOf(report, "database").detail, "file is not a database");
        assertMatch(checkOf(report, "database").remedy!, /restore --home .* BACKUP;.* reset --home /);
        assertStringIncludes(checkOf(report, "locks").remedy!, `rm -r '${paths.processLock}'`);

        const { code, stdout } = await instance.run(["doctor", "--port", `${instance.port}`]);
        assertEquals(code, 1);
        assertMatch(stdout, /^ {2}✗ ports +port \d+ of 127\.0\.0\.1 is taken by pid \d+/m);
        assertMatch(stdout, /\n\n\d+ passed, \d+ warnings?, 3 failed\n$/);
      }).finally(() => orphan.kill("SIGKILL"));
    }));

  it(
    "reports what belongs to another user",
    { skip: process.geteuid?.() !== 0 && "only root can give files away" },
    () =>
      withInstance(async (instance) => {
        mkdirSync(instance.paths.logsDir);
        chownSync(instance.paths.logsDir, 65534, 65534);
        const home = checkOf(await examine(instance, ["--fix"]), "home");
        assertEquals(home.state, "fail");
        assertStringIncludes(home.detail, "belongs to user 65534");
        assert(!home.fixed);
      }),
  );

  it("finds the system's programs as the tool does, without a PATH, and names those that it misses", () =>
    withInstance(async (instance) => {
      const env = { PATH: "/nonexistent" };
      const started = await instance.run(["start", "--headless"], { env });
      assertEquals(started.code, 0, started.stderr);
      const { stdout } = await instance.run(["doctor", "--json", "--headless"], { env });
      const tools = checkOf(JSON.parse(stdout), "tools");
      assertEquals(tools.state, "ok");
      assertMatch(tools.detail, /\/(flock|perl) \(not on PATH\)/);
      assertMatch(tools.detail, /no go on PATH \(builds Temporal where downloads are blocked\)/);
    }));

  it("says that a home is no folder, and looks for nothing in it", () =>
    withInstance(async (instance) => {
      const home = join(instance.home, "file");
      writeFileSync(home, "");
      for (const args of [[], ["--fix"]]) {
        const { code, stdout } = await instance.run(["doctor", "--home", home, "--json", ...args]);
        const failed = (JSON.parse(stdout) as DoctorReport).checks.filter(({ state }) => state === "fail");
        assertEquals([code, failed.map(({ name, detail }) => `${name}: ${detail}`)], [1, [
          `home: ${home} is not a directory`,
        ]]);
      }
    }));

  it("accepts a home that does not exist yet, and does not create it", () =>
    withInstance(async (instance) => {
      const home = join(instance.home, "none");
      const { code, stdout } = await instance.run([
        "doctor",
        "--home",
        home,
        "--port",
        `${instance.port}`,
        "--headless",
      ]);
      assertEquals(code, 0, stdout);
      assert(!existsSync(home));
    }));
});
