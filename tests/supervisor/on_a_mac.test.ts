import { realpathSync } from "node:fs";
import { describe, it } from "node:test";
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { LocalError } from "../../lib/errors/local_error.ts";
import { findProcess } from "../../lib/instance/find_process.ts";
import { checkLayers } from "../../lib/instance/status/checks.ts";
import { MacStage, type MacSupervisor } from "../fakes/mac_stage.ts";
import { until, withTempDir } from "../platform/support.ts";

/** An instance on a fake Mac, in real time. */
function onMac(body: (stage: MacStage) => Promise<void>): () => Promise<void> {
  return () =>
    withTempDir(async (folder) => {
      using stage = new MacStage(realpathSync(folder));
      await body(stage);
    });
}

/** Ends a supervisor as `kill -9` does. */
function killSupervisor({ mac }: MacStage, { process, supervisor }: MacSupervisor): void {
  mac.kill(process.pid, "SIGKILL");
  supervisor.health.unwatch(); // its timers are ours
}

/** Asserts that nothing of the instance is left, and that its port is free. */
async function assertNothingLeft({ mac, paths }: MacStage, port: number): Promise<void> {
  assertEquals(findProcess(paths, mac.processes).found, null);
  assertEquals(mac.processes.lockHolders(paths.processLock), []);
  assertEquals([mac.processes.listeners(port), await mac.canBind("127.0.0.1", port)], [[], "free"]);
  assertEquals(mac.table.all().filter(({ argv }) => argv?.includes("start-dev")), []);
}

// Each lsof of the fake Mac refuses to look at all processes, and so holds the code to what a Mac can afford.
describe("a supervisor on macOS", () => {
  it(
    "starts Temporal, restarts it after a crash and a hang, lets it be adopted, and stops it",
    onMac(async (stage) => {
      const { mac } = stage;
      const first = (await stage.start())!;
      const started = await first.serving();
      assertEquals([started.adopted, started.executable], [false, "/opt/temporal"]);
      assertEquals(mac.processes.inspect(started.pid)?.startTime, started.startTime);

      mac.kill(-started.pid, "SIGKILL");
      const recovered = await first.serving(1);
      assertNotEquals(recovered.pid, started.pid);
      assertEquals(first.supervisor.machine.lastExit?.signal, "SIGKILL");

      mac.kill(-recovered.pid, "SIGSTOP");
      const unhung = await first.serving(2);
      assertMatch(first.supervisor.machine.lastExit?.reason ?? "", /^hung: 2 health checks/);

      killSupervisor(stage, first);
      assertEquals(mac.processes.isThere(unhung.pid), true);
      const second = (await stage.start())!;
      const adopted = await second.serving();
      assertEquals([adopted.pid, adopted.adopted, adopted.startTime], [unhung.pid, true, unhung.startTime]);

      mac.kill(-adopted.pid, "SIGKILL");
      const last = await second.serving(1);
      assertNotEquals(last.pid, adopted.pid);

      second.supervisor.dispatch({ kind: "stop", graceMs: 12_000 });
      await second.supervisor.over();
      assertEquals(second.supervisor.manager.lastTerminated?.forced, false);
      mac.table.exit(second.process);
      await assertNothingLeft(stage, last.settings.port);
    }),
  );

  it(
    "is one of twenty that are started at once, again and again, and so is its Temporal",
    onMac(async (stage) => {
      const storm = async () => {
        const started = await Promise.all(Array.from({ length: 20 }, () => stage.start()));
        const [winner, ...others] = started.filter((each) => each !== null);
        assertEquals(others, []);
        return winner!;
      };
      const first = await storm();
      const { pid } = await first.serving();
      assertEquals(stage.mac.processes.lockHolders(stage.paths.supervisorLock).map(({ pid }) => pid), [
        first.process.pid,
      ]);
      let before = first;
      for (let round = 0; round < 3; round++) {
        killSupervisor(stage, before);
        before = await storm();
        assertEquals((await before.serving()).pid, pid);
      }
      assertEquals(stage.mac.table.all().filter(({ argv }) => argv?.includes("start-dev")).length, 1);
    }),
  );

  for (const address of ["0.0.0.0", "::", "::1"]) {
    it(
      `does not launch Temporal beside a process that listens on ${address}`,
      onMac(async (stage) => {
        const { mac } = stage;
        const docker = mac.table.spawn({ argv: ["com.docker.backend", "services"] }, 1);
        mac.ports.listen(docker, address, 7233);
        const { supervisor, process } = (await stage.start())!;
        const failure = await supervisor.until(({ state }) => state.kind === "failed" ? state.failure : null);
        assertEquals([failure.code, failure.facts?.["pid"], failure.facts?.["address"]], [
          "port-taken",
          docker.pid,
          address,
        ]);
        assertEquals(mac.table.all().filter(({ argv }) => argv?.includes("start-dev")), []);
        assertEquals(docker.received, []);
        mac.table.exit(process);

        mac.table.exit(docker);
        await (await stage.start())!.serving();
      }),
    );
  }

  it(
    "restarts a Temporal whose members stay zombies, which kill(2) refuses to signal",
    onMac(async (stage) => {
      const { mac } = stage;
      const begun = (await stage.start())!;
      begun.process.neverReaps = true;
      const { pid } = await begun.serving();
      const child = mac.table.fork(mac.table.get(pid)!);
      mac.kill(child.pid, "SIGKILL");
      mac.kill(pid, "SIGKILL");
      assertEquals(mac.processes.inspect(pid)?.state, "Z");
      const next = await begun.serving(1);
      assertNotEquals(next.pid, pid);
      begun.supervisor.dispatch({ kind: "stop", graceMs: 12_000 });
      await begun.supervisor.over();
      assertEquals([pid, next.pid].map((each) => mac.processes.inspect(each)?.state), ["Z", "Z"]);
      mac.table.exit(begun.process);
      await assertNothingLeft(stage, next.settings.port);
    }),
  );

  it(
    "takes no check for a hang that slow tools make late",
    onMac(async (stage) => {
      const { mac, paths } = stage;
      const begun = (await stage.start())!;
      const { pid, startTime, settings } = await begun.serving();
      for (const tool of ["ps", "lsof"]) mac.delaysMs.set(tool, 150);
      const probe = begun.supervisor.program.probe!;
      const target = { paths, processes: mac.processes, settings, pid, startTime, startedAtMs: Date.now(), probe };
      for (let status = 0; status < 4; status++) {
        const checks = await checkLayers({ ...target, timeoutMs: 10_000 });
        assertEquals(checks.filter(({ ok }) => !ok), []);
        await mac.delay(50);
      }
      assertEquals([begun.supervisor.machine.restarts, begun.supervisor.machine.state.kind], [0, "running"]);
    }),
  );

  it(
    "does not start where a sandbox forbids its tools, and keeps an adopted Temporal when that begins later",
    onMac(async (stage) => {
      const { mac } = stage;
      const hint = "In a sandbox, allow /bin/ps";
      const refuse = () => {
        throw new LocalError("internal", "Cannot run ps: permission to execute /bin/ps is denied", { hint });
      };
      mac.refusals.set("ps", refuse);
      const refused = (await stage.start())!;
      const failure = await refused.supervisor.until(({ state }) => state.kind === "failed" ? state.failure : null);
      assertEquals([failure.code, failure.hint], ["internal", hint]);
      mac.table.exit(refused.process);

      mac.refusals.clear();
      const first = (await stage.start())!;
      const { pid } = await first.serving();
      killSupervisor(stage, first);
      const second = (await stage.start())!;
      assertEquals((await second.serving()).pid, pid);
      mac.refusals.set("ps", refuse);
      const asked = mac.asked.length;
      await until(() => mac.asked.length > asked, "the identity is checked");
      await mac.delay(300);
      assert(mac.processes.isThere(pid));
      assertEquals(second.supervisor.machine.state.kind, "running");
    }),
  );
});
