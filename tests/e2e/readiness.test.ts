import { existsSync } from "node:fs";
import { networkInterfaces } from "node:os";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { DoctorReport } from "../../lib/doctor/findings.ts";
import type { Status } from "../../lib/instance/status/status.ts";
import { SETSID_IN_SHELL } from "../portable.ts";
import {
  assertNothingLeft,
  type Ended,
  history,
  isAlive,
  launch,
  ownTool,
  type TestInstance,
  until,
  withInstance,
} from "./support.ts";
import { ask, untilEvent } from "./support_events.ts";
import { fakeTemporal, saysServing, type Stranger, strangerCommand, withStranger } from "./support_strangers.ts";

function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).flat().some((each) => each?.address === "::1");
}

/** Proves that `start` failed without a launch, and named the process on the port. */
function assertRefused(instance: TestInstance, result: Ended, port: number, stranger: Stranger, command: RegExp): void {
  assertEquals(result.code, 1, result.stdout + result.stderr);
  const { error } = JSON.parse(result.stdout);
  assertEquals([error.code, error.facts.port, error.facts.pid], ["port-taken", port, stranger.pid]);
  assertMatch(error.facts.command, command);
  assertMatch(error.message, new RegExp(`Port ${port} .*pid ${stranger.pid} \\(`));
  assertEquals(history(instance).filter(({ event }) => event === "launched"), []);
  assert(!existsSync(instance.paths.defaultDatabase), "a database was made");
  assert(stranger.isAlive(), "the foreign process was killed");
}

/** Proves that `status` reports the failed start, and no Temporal. */
async function assertNotTakenForOurs(instance: TestInstance): Promise<void> {
  const status = await instance.status();
  assertEquals([status.exitCode, status.state, status.temporal, status.healthy], [1, "failed", null, false]);
  assertEquals(status.failure?.code, "port-taken");
}

describe("start with a foreign process on the port", () => {
  it("names a plain TCP listener", () =>
    withInstance((instance) =>
      withStranger("tcp", "127.0.0.1", instance.port, async (stranger) => {
        assertRefused(instance, await instance.run(["start", "--json"]), instance.port, stranger, /stranger\.mjs tcp/);
        await assertNotTakenForOurs(instance);
        const { stderr, stdout } = await instance.run(["start"]);
        assertMatch(
          stderr,
          new RegExp(
            `error: Port ${instance.port} is taken on 127\\.0\\.0\\.1: pid ${stranger.pid} \\(.*stranger\\.mjs`,
          ),
        );
        assertMatch(stderr, /hint: .*--port/);
        assertEquals(stdout, "");
      })
    ));

  it("is not fooled by an HTTP/2 server that says SERVING", () =>
    withInstance((instance) =>
      withStranger("grpc", "127.0.0.1", instance.port, async (stranger) => {
        assert(await saysServing(instance.port), "this process does not answer as Temporal would");
        const before = await instance.status();
        assertEquals([before.exitCode, before.state, before.temporal], [3, "stopped", null]);
        assertRefused(instance, await instance.run(["start", "--json"]), instance.port, stranger, /stranger\.mjs grpc/);
        await assertNotTakenForOurs(instance);
      })
    ));

  it(
    "names one that listens only on ::1, which localhost may mean",
    { skip: !hasIpv6() },
    () =>
      withInstance((instance) =>
        withStranger("grpc", "::1", instance.port, async (stranger) => {
          const result = await instance.run(["start", "--json"]);
          assertRefused(instance, result, instance.port, stranger, /stranger\.mjs grpc ::1/);
          assertEquals(JSON.parse(result.stdout).error.facts.address, "::1");
          await assertNotTakenForOurs(instance);
        })
      ),
  );
});

describe("a foreign process that takes the port of a dead Temporal", () => {
  it("is not mistaken for Temporal when the supervisor died too", () =>
    withInstance(async (instance) => {
      const { temporal, supervisor } = await instance.start(["--headless"]);
      for (const pid of [supervisor!.pid, temporal!.pid]) process.kill(pid, "SIGKILL");
      await until("both are dead", () => !isAlive(supervisor!.pid) && !isAlive(temporal!.pid));
      await withStranger("grpc", "127.0.0.1", instance.port, async (stranger) => {
        const status = await instance.status();
        assertEquals([status.exitCode, status.temporal, status.healthy], [1, null, false]);
        const result = await instance.run(["start", "--json", "--headless"]);
        assertEquals([result.code, JSON.parse(result.stdout).error?.facts?.pid], [1, stranger.pid]);
      });
    }));

  it("makes the supervisor give up, with its name", () =>
    withInstance(async (instance) => {
      const { temporal, supervisor } = await instance.start(["--headless"]);
      process.kill(supervisor!.pid, "SIGSTOP"); // it would be faster than the foreign process
      process.kill(temporal!.pid, "SIGKILL");
      await until("Temporal is dead", () => !isAlive(temporal!.pid));
      await withStranger("grpc", "127.0.0.1", instance.port, async (stranger) => {
        process.kill(supervisor!.pid, "SIGCONT");
        await until("the supervisor is gone", () => !isAlive(supervisor!.pid));
        await assertNotTakenForOurs(instance);
        assertEquals((await instance.status()).failure?.facts?.["pid"], stranger.pid);
        assert(stranger.isAlive(), "the foreign process was killed");
      });
      assertNothingLeft(instance, [temporal!.pid, supervisor!.pid]);
    }));
});

/** The checks of a status, by name. */
function checksOf(status: Status): Record<string, boolean> {
  return Object.fromEntries(status.checks.map(({ name, ok }) => [name, ok]));
}

describe("a running Temporal is not ready", () => {
  it("while its port is open but health does not say SERVING", () =>
    withInstance(async (instance) => {
      const binary = fakeTemporal(
        instance.home,
        `exec ${strangerCommand("tcp", "127.0.0.1", instance.port).join(" ")}`,
      );
      const start = instance.launch(["start", "--json", "--headless", "--temporal-bin", binary]);
      await untilEvent(instance, "launched");
      await until("the port is open", async () => checksOf(await ask(instance, "GET", "/status"))["port"]);
      const seen = await instance.status();
      assertEquals([seen.state, seen.healthy, seen.exitCode], ["starting", false, 4]);
      assertEquals([checksOf(seen)["process"], checksOf(seen)["grpc"]], [true, false]);
      assertEquals(start.stdout(), "", "start was content with an open port");
      assertEquals((await instance.stop(["--force"])).code, 0);
      assertEquals((await start.ended).code, 1);
      assertNothingLeft(instance, [seen.temporal!.pid]);
    }));

  it("while the requested UI does not answer", () =>
    withInstance(async (instance) => {
      const binary = fakeTemporal(instance.home, 'exec "$TEMPORAL" "$@" --headless');
      const start = instance.run(["start", "--json", "--timeout", "2", "--temporal-bin", binary]);
      await untilEvent(instance, "launched");
      await until("it serves", async () => checksOf(await ask(instance, "GET", "/status"))["grpc"]);
      const seen = await instance.status();
      assertEquals([seen.state, checksOf(seen)["ui"], seen.exitCode], ["starting", false, 4]);
      const result = await start;
      assertEquals([result.code, JSON.parse(result.stdout).error.code], [1, "timeout"]);
    }));

  it("while its listener is in another process group, and both are terminated", () =>
    withInstance(async (instance) => {
      const binary = fakeTemporal(instance.home, `${SETSID_IN_SHELL} "$TEMPORAL" "$@" &\nexec sleep 1000`);
      const result = await instance.run(["start", "--json", "--headless", "--temporal-bin", binary]);
      const { error } = JSON.parse(result.stdout);
      assertEquals([result.code, error.code, error.facts.port], [1, "port-taken", instance.port]);
      const [launched] = history(instance).filter(({ event }) => event === "launched");
      assertNothingLeft(instance, [launched!["pid"] as number, error.facts.pid]);
      assertEquals((await instance.status()).exitCode, 1);
    }));
});

describe("status of a running Temporal", () => {
  it("names the layer that fails while Temporal is stopped by a signal", () =>
    withInstance(async (instance) => {
      const { temporal, supervisor } = await instance.start(["--headless"]);
      process.kill(supervisor!.pid, "SIGKILL");
      await until("the supervisor is dead", () => !isAlive(supervisor!.pid));
      process.kill(temporal!.pid, "SIGSTOP");
      await until("it is stopped", () => instance.processes.inspect(temporal!.pid)?.state === "T");
      const seen = await instance.status();
      assertEquals(checksOf(seen)["process"], false);
      assertEquals([seen.state, seen.healthy, seen.exitCode], ["unsupervised", false, 4]);
      assertEquals([checksOf(seen)["lock"], checksOf(seen)["port"], checksOf(seen)["grpc"]], [true, true, false]);
    }));
});

describe("a second instance that needs what another one has", () => {
  it("is told to stop that instance, by start and doctor, and what it is told works as it stands", () =>
    withInstance((first) =>
      withInstance(async (second) => {
        const { temporal } = await first.start(["--headless"]);
        const pid = temporal!.pid;
        const ports = ["--headless", "--port", `${first.port}`];
        const stop = `stigmer-local stop --home '${first.home}'`;
        const who = `the Temporal of ${first.home} (pid ${pid})`;

        const refused = await second.run(["start", ...ports]);
        assertEquals(refused.code, 1);
        assertStringIncludes(refused.stderr, `${who} listens on it`);
        assertStringIncludes(refused.stderr, `hint: Stop it with \`${stop}\`, or choose another port with --port`);

        const doctor = await second.run(["doctor", "--json", ...ports]);
        const { checks } = JSON.parse(doctor.stdout) as DoctorReport;
        const found = checks.find(({ name }) => name === "ports")!;
        assertStringIncludes(found.detail, `is taken by ${who}`);
        assertStringIncludes(found.remedy!, `${stop}; or stigmer-local start --home '${second.home}' --port `);

        const database = first.paths.defaultDatabase;
        const busy = await second.run(["start", "--headless", "--db-filename", database]);
        assertStringIncludes(busy.stderr, `The database ${database} is in use by the `);
        assertStringIncludes(busy.stderr, stop);

        const [command] = /stigmer-local stop --home '[^']*'/.exec(refused.stderr)!;
        const typed = command.replace("stigmer-local", '"$@"');
        const ended = await launch(["sh", "-c", typed, "sh", ...ownTool()]).ended;
        assertEquals([ended.code, ended.stderr], [0, ""]);
        assertEquals((await second.run(["start", ...ports])).code, 0);
      })
    ));
});
