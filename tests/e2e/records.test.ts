// test: seconds 900
import { spawn } from "node:child_process";
import {
  constants,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { formatRecord, MAX_RECORD_BYTES, type PidRecord } from "../../lib/instance/pid_file_format.ts";
import { isLinux } from "../portable.ts";
import {
  assertNothingLeft,
  isAlive,
  otherRuntime,
  signalIfThere,
  type TestInstance,
  until,
  withInstance,
} from "./support.ts";
import { killHard, pidsOf, readPid, recordOf, stopCleanly } from "./support_lifecycle.ts";

/** A process that does not belong to the instance. */
interface Bystander {
  pid: number;
  /** Its fields in a record, from the kernel. */
  facts: Pick<PidRecord, "pid" | "startTime" | "bootId" | "executable">;
  /** Proves that it is alive, and that no signal reached it. */
  assertUntouched(): void;
}

/**
 * Makes a program at `executable` that writes its PID to `pidFile`, logs signals to the file `signals`, and reads stdin to its
 * end. Returns its first arguments. A shell, except on macOS, which ends copies of its own programs.
 */
function makeSignalLogger(executable: string, signals: string, pidFile: string): string[] {
  const names = ["TERM", "INT", "HUP", "QUIT", "CONT"];
  if (isLinux) {
    copyFileSync(realpathSync("/bin/sh"), executable);
    const traps = names.map((each) => `trap 'echo ${each} >>"${signals}"' ${each}`);
    return ["-c", [...traps, `echo $$ >"${pidFile}"`, "read line"].join("\n")];
  }
  copyFileSync(process.env["STIGMER_TEST_NODE"] ?? process.execPath, executable, constants.COPYFILE_FICLONE);
  const traps = names.map((each) => `process.on("SIG${each}", () => fs.appendFileSync("${signals}", "${each}\\n"));`);
  const script = [...traps, `fs.writeFileSync("${pidFile}", process.pid + "\\n"); process.stdin.resume();`];
  return ["-e", script.join("\n")];
}

/** Runs `body` beside a foreign process whose executable has `name`, and which logs each signal that it gets. */
async function withBystander(
  { home, port, processes }: TestInstance,
  name: string,
  body: (bystander: Bystander) => Promise<void>,
): Promise<void> {
  const folder = join(home, "bystander");
  mkdirSync(folder);
  const [executable, signals, pidFile] = [join(folder, name), join(folder, "signals"), join(folder, "pid")];
  writeFileSync(signals, "");
  const words = makeSignalLogger(executable, signals, pidFile);
  const args = [...words, "server", "start-dev", "--port", `${port}`];
  // It reads a pipe that only this test has open, so that it exits with the test.
  const child = spawn(executable, args, { detached: true, stdio: ["pipe", "ignore", "ignore"] });
  try {
    const pid = await readPid(pidFile);
    const { startTime } = processes.inspect(pid)!;
    await body({
      pid,
      facts: { pid, startTime, bootId: processes.bootId(), executable },
      assertUntouched: () => {
        assertEquals(readFileSync(signals, "utf8"), "", "the bystander got signals");
        assert(isAlive(pid), "the bystander is dead");
      },
    });
  } finally {
    signalIfThere(child.pid!, "SIGKILL");
    await until("the bystander is dead", () => !isAlive(child.pid!));
    rmSync(folder, { recursive: true });
  }
}

/** Starts the instance, and kills Temporal and its supervisor. Returns the record that they left. */
async function startAndKillBoth(instance: TestInstance): Promise<PidRecord> {
  const { temporal, supervisor } = pidsOf(await instance.start(["--headless"]));
  await killHard(supervisor, temporal);
  return recordOf(instance);
}

/** Proves that a start launches a new Temporal with a valid record, whatever is at the record's path. Returns the warnings. */
async function assertStarts(instance: TestInstance, why: string): Promise<string[]> {
  const { code, stdout, stderr } = await instance.run(["start", "--json", "--headless"]);
  assertEquals(code, 0, `${why}: ${stdout}${stderr}`);
  const status = JSON.parse(stdout);
  assertEquals([status.state, status.reused], ["running", false], why);
  assertEquals(recordOf(instance).pid, status.temporal.pid, why);
  await killHard(status.supervisor.pid, status.temporal.pid);
  return status.warnings ?? [];
}

describe("a start after a kill", () => {
  it("succeeds when both Temporal and its supervisor were killed, which status reports", () =>
    withInstance(async (instance) => {
      const record = await startAndKillBoth(instance);
      const status = await instance.status();
      assertEquals([status.exitCode, status.state, status.temporal], [1, "failed", null]);
      assert(status.failure?.message.includes(`${record.pid}`), status.failure?.message);
      const again = await instance.start(["--headless"], { runtime: otherRuntime });
      assertEquals([again.healthy, again.reused, again.warnings], [true, false, undefined]);
      assertNotEquals(again.temporal?.pid, record.pid);
      await stopCleanly(instance, again);
    }));

  it("succeeds with a reused PID, whose process is not signalled", () =>
    withInstance(async (instance) => {
      const left = await startAndKillBoth(instance);
      // The name of an executable proves nothing. What else tells them apart: tests/temporal/reconcile.test.ts.
      await withBystander(instance, "temporal", async ({ facts, pid, assertUntouched }) => {
        const startTime = `${Number(facts.startTime) - 1}`;
        writeFileSync(instance.paths.record, formatRecord({ ...left, ...facts, startTime }));
        const warnings = await assertStarts(instance, "another start time");
        assert(warnings.some((warning) => warning.includes(`temporal (pid ${pid})`)), `${warnings}`);
        writeFileSync(instance.paths.record, formatRecord({ ...left, ...facts, startTime }));
        assertEquals((await instance.status()).temporal, null, "status takes it for ours");
        const stop = await instance.stop(["--force"]);
        assertEquals([stop.code, stop.stdout], [0, "Temporal was not running\n"]);
        assertUntouched();
      });
    }));
});

describe("an invalid record", () => {
  it("is a warning, whatever it is, and never makes start, status or stop fail, or signal a process", () =>
    withInstance(async (instance) => {
      const { record: path } = instance.paths;
      await startAndKillBoth(instance);
      await withBystander(instance, "temporal", async ({ pid, assertUntouched }) => {
        // What no record may contain: tests/instance/pid_file_format.test.ts; other obstacles: hostile_files.test.ts.
        const hostile: [string, () => void][] = [
          ["cut off in its second line", () => writeFileSync(path, `${pid}\ntempo`)],
          ["huge", () => writeFileSync(path, `${pid}\ntemporal\n` + "x".repeat(MAX_RECORD_BYTES))],
          ["a link that leads nowhere", () => symlinkSync(join(instance.home, "nowhere"), path)],
        ];
        for (const [what, put] of hostile) {
          rmSync(path);
          put();
          const warnings = await assertStarts(instance, what);
          assert(warnings.some((warning) => warning.includes("set aside")), `${what}: ${warnings}`);
          assert(lstatSync(path).isFile(), what);
        }
        for (const text of ["", "-1", `${pid}\ntemporal\n${"x".repeat(2 * MAX_RECORD_BYTES)}`]) {
          writeFileSync(path, text);
          const status = await instance.status();
          assertEquals([status.exitCode, status.state, status.temporal], [3, "stopped", null]);
          const stop = await instance.stop();
          assertEquals([stop.code, stop.stdout], [0, "Temporal was not running\n"], stop.stderr);
        }
        assertUntouched();
      });
      const kept = readdirSync(instance.home).filter((name) => name.startsWith(`${basename(path)}.set-aside`));
      assert(kept.length > 0, "what stood there is kept");
    }));
});

describe("a record of an old version", () => {
  it("is understood: the running Temporal is adopted", () =>
    withInstance(async (instance) => {
      const first = pidsOf(await instance.start(["--headless"]));
      const whole = readFileSync(instance.paths.record, "utf8").split("\n");
      let { supervisor } = first;
      for (const count of [1, 3]) { // the versions wrote so many lines
        await killHard(supervisor);
        writeFileSync(instance.paths.record, whole.slice(0, count).join("\n") + "\n");
        const alone = await instance.status();
        assertEquals([alone.exitCode, alone.state, alone.temporal?.pid], [4, "unsupervised", first.temporal]);

        const adopted = await instance.start(["--headless"]);
        assertEquals([adopted.temporal?.pid, adopted.temporal?.adopted], [first.temporal, true]);
        assertEquals([recordOf(instance).pid, recordOf(instance).settings?.headless], [first.temporal, true]);
        supervisor = pidsOf(adopted).supervisor;
      }
      await killHard(supervisor, first.temporal);
    }));
});

/** A PID that no process has: the highest one on Linux. */
const UNUSED_PID = 2 ** 22 - 1;
/** The leftovers of supervisors that were killed while they wrote a file or created their socket. */
const LEFT = [
  "temporal.pid.0a1b2c3d.tmp",
  "outcome.json.deadbeef.tmp",
  "history.jsonl.00000000.tmp",
  "ports.json.01234567.tmp",
  `.control-${UNUSED_PID}`,
];
/** Files with similar names that are not theirs. */
const OTHERS = ["notes.tmp", "temporal.pid.backup.tmp", ".control-panel", `.control-${process.pid}`];

describe("the leftovers of a killed supervisor", () => {
  it("are removed by the next start, and by stop, the socket too; files with similar names stay", () =>
    withInstance(async (instance) => {
      const { temporal, supervisor } = pidsOf(await instance.start(["--headless"]));
      await killHard(supervisor);
      litter(instance);
      const next = await instance.start(["--headless"]);
      assertEquals(litterOf(instance), OTHERS);

      await killHard(pidsOf(next).supervisor);
      assert(existsSync(instance.paths.controlSocket));
      litter(instance);
      assertEquals((await instance.stop(["--force"])).code, 0);
      assertNothingLeft(instance, [temporal]);
      assertEquals(litterOf(instance), OTHERS);
    }));
});

function litter({ home }: TestInstance): void {
  for (const name of [...LEFT, ...OTHERS]) writeFileSync(join(home, name), "");
}

function litterOf({ home }: TestInstance): string[] {
  const names = readdirSync(home);
  return [...LEFT, ...OTHERS].filter((name) => names.includes(name));
}
