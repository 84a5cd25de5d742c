// test: seconds 900
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import type { Status } from "../../lib/instance/status/status.ts";
import { assertNothingLeft, configure, history, isAlive, type TestInstance, until, withInstance } from "./support.ts";
import {
  checkOutEarlierCode,
  currentTool,
  earlierTool,
  noEarlierCode,
  type Tool,
  withPortsOf,
} from "./support_compatibility.ts";
import { startWorkflows, workflowsOf } from "./support_data.ts";
import { untilEvent } from "./support_events.ts";
import { assertNamespace, killHard, launchedPids, makeNamespace, pidsOf } from "./support_lifecycle.ts";
import { fakeTemporal, whileInUse } from "./support_strangers.ts";

const START = ["start", "--port", "auto", "--namespace", "orders"];

/** Checks of `doctor` that may warn: the database is in use, Temporal logged an error during startup, the disk is full. */
const MAY_WARN = ["database", "log", "space"];

/** Two states of the code. `starter` starts an instance and `driver` takes it over; one of them is `earlier`. */
interface Tools {
  earlier: Tool;
  starter: Tool;
  driver: Tool;
}

/** An instance that `starter` started. */
interface Started {
  instance: TestInstance;
  status: Status;
  temporal: number;
  supervisor: number;
}

/**
 * Runs `body` on an instance that `starter` started, with a `config.yaml` and the workflow `kept`. The port that the
 * home's path leads to is in use during that start only, so that just `ports.json` tells the port of the instance.
 */
function withStarted(
  { earlier, starter }: Tools,
  flags: readonly string[],
  body: (started: Started) => Promise<void>,
): Promise<void> {
  return withInstance(async (unstarted) => {
    configure(unstarted, "log_level: info");
    const { settings } = await earlier.answer(unstarted, ["config", "--port", "auto"]);
    const usualPort: number = settings.find(({ name }: { name: string }) => name === "port").value;
    const start: Status = await whileInUse(usualPort, () => starter.answer(unstarted, [...START, ...flags]));
    assertEquals([start.state, start.healthy, start.reused], ["running", true, false]);
    const instance = withPortsOf(unstarted, start);
    const status: Status = await starter.status(instance); // knows the version, which `start` does not wait for
    assertNotEquals(instance.port, usualPort);
    const pids = starter.assertSupervises(instance, status);
    await startWorkflows(instance, ["kept"]);
    await body({ instance, status, ...pids });
  });
}

/** The recorded part of a status: why the last supervisor gave up. The rest of a failure is words for the reader. */
function recordedFailureOf({ failure, lastExit }: Status) {
  return { code: failure?.code, message: failure?.message, facts: failure?.facts, lastExit };
}

const readHome = ({ home }: TestInstance, name: string): string => readFileSync(join(home, name), "utf8");

/** The fields of a status that both tools must report alike: the processes, and where clients connect. */
function factsOf({ state, healthy, managed, address, uiUrl, namespace, temporal, supervisor, paths }: Status) {
  const { home, database, log } = paths; // what came later is not reported by the earlier code
  return { state, healthy, managed, address, uiUrl, namespace, temporal, supervisor, paths: { home, database, log } };
}

/** Stops the instance gracefully, and proves that nothing of it is left, nor any process in `others`. */
async function stopBy(tool: Tool, instance: TestInstance, temporal: number, others: readonly number[]): Promise<void> {
  const { stopped, pid, forced } = await tool.answer(instance, ["stop"]);
  assertEquals([stopped, pid, forced], [true, temporal, false]);
  assertNothingLeft(instance, [temporal, ...others]);
  const { exitCode, state, failure } = await tool.status(instance);
  assertEquals([exitCode, state, failure], [3, "stopped", undefined]);
}

/** Proves that `driver` reports it as healthy and reuses it, and that logs, backup and doctor work. */
async function assertUsable({ driver }: Tools, { instance, status, temporal, supervisor }: Started): Promise<void> {
  const seen = await driver.status(instance);
  assertEquals(seen.exitCode, 0);
  assertEquals(factsOf(seen), factsOf(status));
  for (const args of [["start"], START]) {
    const reused: Status = await driver.answer(instance, args);
    assertEquals([reused.reused, pidsOf(reused)], [true, { temporal, supervisor }]);
  }

  await makeNamespace(instance, "named-in-the-log");
  const log = () => readHome(instance, "logs/temporal.log");
  await until("Temporal logs the namespace", () => log().includes("named-in-the-log"));
  assertStringIncludes((await driver.run(instance, ["logs"])).stdout, "named-in-the-log");
  const supervisorLog = await driver.run(instance, ["logs", "--supervisor"]);
  assertEquals([supervisorLog.code, supervisorLog.stdout], [0, readHome(instance, "logs/supervisor.log")]);

  const backup = await driver.answer(instance, ["backup", join(instance.home, "copy.db")]);
  assertEquals(backup.integrity, "ok");
  const ports = ["--port", `${instance.port}`, "--ui-port", `${instance.uiPort}`];
  const { checks } = await driver.answer(instance, ["doctor", ...ports]);
  const complaints = checks.filter(({ name, state }: { name: string; state: string }) =>
    state !== "ok" && !(state === "warn" && MAY_WARN.includes(name))
  );
  assertEquals(complaints, []);
  assertEquals(factsOf(await driver.status(instance)), factsOf(status), "none of these commands changed it");
}

/** Proves that `driver` restarts it with the current config.yaml, on the same data and ports. Returns the new PID. */
async function assertRestarts({ driver }: Tools, started: Started): Promise<number> {
  const { instance, status, temporal, supervisor } = started;
  configure(instance, "log_level: error");
  const refused = await driver.run(instance, ["start", "--json"]);
  const { error } = JSON.parse(refused.stdout);
  assertEquals([refused.code, error.code], [1, "settings-differ"]);
  assertEquals(error.facts.differences, [{ setting: "log-level", running: "info", asked: "error" }]);

  const restarted: Status = await driver.answer(instance, ["restart"]);
  const again = pidsOf(restarted);
  assertNotEquals(again.temporal, temporal);
  assertEquals([again.supervisor, restarted.healthy, restarted.restarts], [supervisor, true, 0]);
  assertEquals([restarted.address, restarted.uiUrl], [status.address, status.uiUrl]);
  const argv = instance.processes.argv(again.temporal) ?? [];
  assertEquals(argv[argv.indexOf("--log-level") + 1], "error");
  assertEquals(launchedPids(instance), [temporal, again.temporal]);
  assertEquals(await workflowsOf(instance, ["kept"]), ["kept"]);
  await assertNamespace(instance, "orders");
  return again.temporal;
}

/** Kills its supervisor, and proves that `driver` adopts it, restarts and stops it. */
async function assertAdopted({ starter, driver }: Tools, started: Started): Promise<void> {
  const { instance, status, temporal, supervisor } = started;
  await killHard(supervisor);
  const alone = await driver.status(instance);
  assertEquals([alone.exitCode, alone.state, alone.healthy, alone.supervisor], [4, "unsupervised", true, null]);
  assertEquals(factsOf(alone), factsOf(await starter.status(instance)));
  assertEquals([alone.temporal?.pid, alone.address], [temporal, status.address]);

  const adopted: Status = await driver.answer(instance, START);
  const second = driver.assertSupervises(instance, adopted);
  assertEquals([second.temporal, adopted.temporal?.adopted, adopted.healthy], [temporal, true, true]);
  assertEquals([adopted.address, adopted.uiUrl, adopted.warnings], [status.address, status.uiUrl, undefined]);
  assertEquals((await driver.status(instance)).exitCode, 0);

  const restarted: Status = await driver.answer(instance, ["restart"]);
  const third = pidsOf(restarted);
  assertNotEquals(third.temporal, temporal);
  assertEquals([third.supervisor, restarted.temporal?.adopted], [second.supervisor, false]);
  assertEquals(restarted.address, status.address);
  assertEquals(await workflowsOf(instance, ["kept"]), ["kept"]);
  await stopBy(driver, instance, third.temporal, [temporal, supervisor, third.supervisor]);
}

/** Tests an instance that `starter` starts and `driver` takes over. */
function describeTakeover(title: string, tools: Tools): void {
  const { starter, driver } = tools;
  describe(title, () => {
    it("is reported as healthy and reused, restarted with the current config.yaml, and stopped by its supervisor", () =>
      withStarted(tools, [], async (started) => {
        await assertUsable(tools, started);
        const temporal = await assertRestarts(tools, started);
        await stopBy(driver, started.instance, temporal, [started.temporal, started.supervisor]);
      }));

    it("is adopted after its supervisor was killed, then restarted and stopped", () =>
      withStarted(tools, [], (started) => assertAdopted(tools, started)));

    it("is stopped after its supervisor was killed, without being adopted first", () =>
      withStarted(tools, [], async ({ instance, temporal, supervisor }) => {
        await killHard(supervisor);
        await stopBy(driver, instance, temporal, [supervisor]);
      }));

    it("is reported as failed after both processes were killed, and starts again on the same data and ports", () =>
      withStarted(tools, [], async ({ instance, status, temporal, supervisor }) => {
        await killHard(supervisor, temporal);
        const seen = await driver.status(instance);
        assertEquals([seen.exitCode, seen.state, seen.temporal], [1, "failed", null]);
        assertStringIncludes(seen.failure!.message, `${temporal}`);

        const again: Status = await driver.answer(instance, START);
        const pids = driver.assertSupervises(instance, again);
        assertEquals([again.reused, again.healthy, again.warnings], [false, true, undefined]);
        assertEquals([again.address, again.uiUrl], [status.address, status.uiUrl]);
        assertEquals(await workflowsOf(instance, ["kept"]), ["kept"]);
        await stopBy(driver, instance, pids.temporal, [temporal, supervisor, pids.supervisor]);
      }));

    it("leaves its ports, data, history and backup to the next start", () =>
      withStarted(tools, [], async ({ instance, status, temporal, supervisor }) => {
        const backup = join(instance.home, "copy.db");
        await starter.answer(instance, ["backup", backup]);
        await startWorkflows(instance, ["younger"]);
        await stopBy(starter, instance, temporal, [supervisor]);
        const [ports, past] = [readHome(instance, "ports.json"), history(instance)];

        const again: Status = await driver.answer(instance, START);
        const pids = driver.assertSupervises(instance, again);
        assertEquals([again.address, again.uiUrl, again.warnings], [status.address, status.uiUrl, undefined]);
        assertEquals(readHome(instance, "ports.json"), ports);
        assertEquals(history(instance).slice(0, past.length), past);
        assertEquals(launchedPids(instance), [temporal, pids.temporal]);
        assertEquals(await workflowsOf(instance, ["kept", "younger"]), ["kept", "younger"]);

        const { running, setAsideTo } = await driver.answer(instance, ["restore", backup]);
        assertEquals([running.healthy, running.address], [true, status.address]);
        assertEquals(await workflowsOf(instance, ["kept", "younger"]), ["kept"]);
        assert(existsSync(setAsideTo), "the replaced database is kept");
        const restored = driver.assertSupervises(instance, running);
        await stopBy(driver, instance, restored.temporal, [pids.temporal, pids.supervisor, restored.supervisor]);
      }));

    it("is reported as given up with the recorded reason, and starts again", () =>
      withStarted(tools, ["--max-restarts", "1"], async ({ instance, status, temporal, supervisor }) => {
        await killHard(temporal);
        await untilEvent(instance, "running", 2);
        const second = launchedPids(instance)[1]!;
        await killHard(second);
        await until("the supervisor has given up", () => !isAlive(supervisor));
        assertNothingLeft(instance, [temporal, second, supervisor]);

        const seen = await driver.status(instance);
        assertEquals([seen.exitCode, seen.state, seen.temporal, seen.restarts], [1, "failed", null, 1]);
        assertEquals([seen.failure?.code, seen.failure?.facts?.["limit"]], ["gave-up", 1]);
        assertEquals([seen.lastExit?.signal, seen.lastExit?.code], ["SIGKILL", null]);
        assertEquals(recordedFailureOf(seen), recordedFailureOf(await starter.status(instance)));
        assertStringIncludes((await driver.run(instance, ["status"])).stdout, seen.failure!.message);

        const again: Status = await driver.answer(instance, START);
        const pids = driver.assertSupervises(instance, again);
        assertEquals([again.healthy, again.restarts, again.failure], [true, 0, undefined]);
        assertEquals([again.address, again.uiUrl], [status.address, status.uiUrl]);
        assertEquals(await workflowsOf(instance, ["kept"]), ["kept"]);
        await stopBy(driver, instance, pids.temporal, [temporal, second, supervisor, pids.supervisor]);
      }));

    it("is reported as failed with the reason that its first start gave, and starts with a working binary", () =>
      withInstance(async (unstarted) => {
        const broken = fakeTemporal(unstarted.home, "echo 'error: it is broken' >&2; exit 7");
        const start = await starter.run(unstarted, [...START, "--json", "--temporal-bin", broken]);
        assertEquals(start.code, 1, start.stdout + start.stderr);
        const { error } = JSON.parse(start.stdout);
        assertEquals([error.code, error.facts.lastWords], ["launch-failed", ["error: it is broken"]]);

        const seen = await driver.status(unstarted);
        assertEquals([seen.exitCode, seen.state, seen.temporal, seen.supervisor], [1, "failed", null, null]);
        assertEquals(recordedFailureOf(seen), recordedFailureOf({ ...seen, failure: error }));
        assertEquals(recordedFailureOf(seen), recordedFailureOf(await starter.status(unstarted)));

        const status: Status = await driver.answer(unstarted, START);
        const instance = withPortsOf(unstarted, status);
        const { temporal, supervisor } = driver.assertSupervises(instance, status);
        assertEquals([status.healthy, status.warnings], [true, undefined]);
        await assertNamespace(instance, "orders");
        await stopBy(driver, instance, temporal, [supervisor]);
      }));
  });
}

if (noEarlierCode) {
  it(noEarlierCode, { skip: true }); // the reason is the name, because Deno reports no reason for a skip
} else {
  describe("an instance", () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "sl-earlier-")));
    const earlier = earlierTool(folder);
    before(() => checkOutEarlierCode(folder));
    after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

    describeTakeover("started by the earlier code and driven by the current code", {
      earlier,
      starter: earlier,
      driver: currentTool,
    });
    describeTakeover("started by the current code and driven by the earlier code", {
      earlier,
      starter: currentTool,
      driver: earlier,
    });
  });
}
