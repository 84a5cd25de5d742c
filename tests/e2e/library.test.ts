import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { processesHere } from "../../lib/platform/processes/processes_here.ts";
import { LocalError, startTemporal, type TemporalServer } from "../../mod.ts";
import { freePort, freePorts } from "../free_ports.ts";
import { scriptCommand, withTempDir } from "../platform/support.ts";
import { assertNothingLeft, configure, isAlive, launch, ownRuntime, portOf, until, withInstance } from "./support.ts";
import { fakeTemporal, whileInUse } from "./support_strangers.ts";

const script = (name: string) =>
  scriptCommand(ownRuntime, fileURLToPath(new URL(`fixtures/${name}.ts`, import.meta.url)));
const signals = ["SIGINT", "SIGTERM", "SIGHUP", "exit", "beforeExit", "uncaughtException"] as const;
const listeners = () => signals.map((name) => process.listenerCount(name));

describe("startTemporal({ ephemeral: true })", () => {
  it("gives several callers in one process a server each, and leaves nothing", async () => {
    const before = listeners();
    const servers = await Promise.all([1, 2, 3].map(() => startTemporal({ ephemeral: true })));
    const pids: number[] = [];
    try {
      assertEquals(new Set(servers.map(({ address }) => address)).size, 3);
      for (const server of servers) {
        const status = await server.status();
        assertEquals([status.state, status.healthy, status.paths.database], ["running", true, null]);
        assertEquals([server.namespace, server.uiUrl, server.reused], ["default", null, false]);
        assertEquals(server.env, { TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: "default" });
        pids.push(status.temporal!.pid, status.supervisor!.pid);
      }
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
    }
    const processes = processesHere();
    for (const pid of pids) assert(!isAlive(pid, processes), `pid ${pid} is alive`);
    for (const server of servers) {
      assertEquals(processes.listeners(portOf(server)), []);
      assert(!existsSync(server.home), `${server.home} is left`);
      assertEquals((await server.status()).state, "stopped");
    }
    assertEquals(listeners(), before, "listeners are left");
  });

  it("takes every setting, is removed at the end of an `await using`, and two calls of stop return the same promise", async () => {
    const { port: metricsPort, uiPort: httpPort } = await freePorts();
    let server: TemporalServer;
    {
      await using temporal = await startTemporal({
        ...{ ephemeral: true, metricsPort, httpPort, uiPublicPath: "/t", headless: false, namespaces: ["orders"] },
        ...{ sqlitePragmas: ["synchronous=0"], healthInterval: "500ms", restartWindow: 60 },
      });
      server = temporal;
      assertEquals([temporal.namespace, new URL(temporal.uiUrl!).pathname], ["orders", "/t"]);
      const others = [`http://127.0.0.1:${metricsPort}/metrics`, `http://127.0.0.1:${httpPort}/api/v1/namespaces`];
      for (const url of [temporal.uiUrl!, ...others]) {
        assertEquals(await fetch(url).then((page) => page.body?.cancel().then(() => page.status)), 200, url);
      }
    }
    assertEquals(processesHere().listeners(portOf(server)), []);
    const ends = [server.stop(), server.stop()];
    assert(ends[0] === ends[1]);
    await ends[0];
  });

  it("prints nothing, does not keep its process alive, and is removed with it", () =>
    withTempDir(async (folder) => {
      const { code, stdout, stderr } = await launch(script("forgetful_library_user"), { env: { TMPDIR: folder } })
        .ended;
      assertEquals([code, stderr], [0, ""]);
      await assertGone(JSON.parse(stdout), folder);
    }));

  if (ownRuntime === "deno") {
    it("leaves nothing that Deno's sanitizers report", async () => {
      const [deno, , ...flags] = script("sanitized_library_user");
      const { code, stdout, stderr } = await launch([deno!, "test", ...flags]).ended;
      assertEquals(code, 0, stdout + stderr);
    });
  }

  it("leaves nothing after a timeout", () =>
    withTempDir((folder) =>
      withEnvironment({ TMPDIR: folder }, async () => {
        for (const timeoutMs of [1, 50, 100, 150]) {
          const start = startTemporal({ ephemeral: true, timeoutMs }).then((server) => server.stop());
          await start.catch((error: unknown) => {
            assert(error instanceof LocalError, String(error));
            assertEquals(error.code, "timeout", error.message);
          });
          assertEquals(readdirSync(folder).filter((name) => !name.startsWith("tsx-")), []);
        }
      })
    ));

  for (const [signal, what] of [["KILL", "is killed"], ["STOP", "hangs"]] as const) {
    it(`leaves nothing when its supervisor ${what} while Temporal starts`, () =>
      withTempDir((folder) =>
        withEnvironment({ TMPDIR: folder }, async () => {
          const pidFile = join(folder, "pid");
          const script = `echo $$ > ${pidFile}; kill -${signal} $PPID; exec "$TEMPORAL" "$@"`;
          const temporalBin = fakeTemporal(folder, script);
          const start = startTemporal({ ephemeral: true, temporalBin, timeoutMs: signal === "KILL" ? 60_000 : 10_000 });
          const error = await assertRejects(() => start, LocalError);
          assertEquals(error.code, signal === "KILL" ? "launch-failed" : "timeout");
          await assertGone([Number(readFileSync(pidFile, "utf8"))], folder);
        })
      ));
  }

  it("is removed when its process is killed -9", () =>
    withTempDir(async (folder) => {
      const running = launch([...script("forgetful_library_user"), "stay"], { env: { TMPDIR: folder } });
      await until("the server is up", () => running.stdout().includes("\n"));
      running.kill("SIGKILL");
      await running.ended;
      await assertGone(JSON.parse(running.stdout()), folder);
    }));
});

/** Waits until a server with these processes has left nothing behind. */
async function assertGone(pids: number[], folder: string): Promise<void> {
  assert(pids.length > 0 && pids.every((pid) => pid > 1), `no PIDs: ${pids}`);
  await until("its processes are gone", () => pids.every((pid) => !isAlive(pid)));
  await until("its home is gone", () => readdirSync(folder).every((name) => !name.startsWith("stigmer-ephemeral-")));
}

describe("startTemporal", () => {
  it("shares an instance with the command line, and leaves it running unless told otherwise", () =>
    withInstance(async (instance) => {
      const { home, port, uiPort } = instance;
      const options = { home, port, uiPort, headless: true };
      let pid: number | undefined;
      {
        await using temporal = await startTemporal(options);
        assertEquals([temporal.address, temporal.home, temporal.reused], [`127.0.0.1:${port}`, home, false]);
        pid = (await temporal.status()).temporal?.pid;
      }
      assertEquals((await instance.status()).temporal?.pid, pid);
      {
        await using temporal = await startTemporal({ home, stopAfter: true });
        assert(temporal.reused);
      }
      assertEquals((await instance.status()).temporal?.pid, pid, "it ran before: stopAfter lets it run");
      const differing = await assertRejects(() => startTemporal({ ...options, headless: false }), LocalError);
      assertEquals(differing.code, "settings-differ");

      configure(instance, `port: ${port}, headless: true, namespaces: [orders]`);
      {
        await using another = await startTemporal({ home, ephemeral: true });
        assertNotEquals(another.address, `127.0.0.1:${port}`, "the port of config.yaml is the instance's");
        assertEquals([another.namespace, another.home === home], ["orders", false]);
      }
      rmSync(instance.paths.config);

      const temporal = await startTemporal({ home });
      await temporal.stop();
      assertNothingLeft(instance, [pid!]);
      assertEquals((await temporal.status()).state, "stopped");
      configure(instance, `port: ${port}, headless: true`);
      {
        await using mine = await startTemporal({ home, stopAfter: true });
        assertEquals([mine.address, mine.uiUrl], [`127.0.0.1:${port}`, null]);
        pid = (await mine.status()).temporal?.pid;
      }
      assertNothingLeft(instance, [pid!]);

      configure(instance, "managed: false");
      assertEquals((await assertRejects(() => startTemporal({ home }), LocalError)).code, "not-ours");
    }));

  it("throws errors that differ by code", () =>
    withTempDir(async (home) => {
      const port = await freePort();
      await whileInUse(port, async () => {
        const taken = await assertRejects(() => startTemporal({ home, port, headless: true }), LocalError);
        assertEquals([taken.code, taken.facts["port"]], ["port-taken", port]);
      });

      const missing = await assertRejects(() => startTemporal({ home, temporalBin: join(home, "none") }), LocalError);
      assertEquals(missing.code, "binary-not-found");
      assertMatch(missing.hint ?? "", /\w/);
    }));

  it("refuses unknown and invalid options before it changes anything", async () => {
    const wrong: [unknown, RegExp][] = [
      [{ prot: 7300 }, /Unknown option `prot`/],
      [{ port: "many" }, /Invalid value `many` for --port: expected a port /],
      [{ port: 7300, uiPort: 7300 }, /both 7300/],
      [{ port: [7300, 7301] }, /more than once/],
      [{ headless: "perhaps" }, /headless/],
      [{ version: "latest" }, /version/],
      [{ version: "1.5.1", temporalBin: "temporal" }, /both select a binary/],
      [{ timeoutMs: -1 }, /timeout/],
      [{ extraArgs: ["--port", "7300"] }, /--port/],
      [{ ephemeral: true, dbFilename: "x.db" }, /in memory/],
    ];
    for (const [options, message] of wrong) {
      const error = await assertRejects(() => startTemporal(options as object), LocalError);
      assertEquals([error.code, error.exitCode], ["usage", 2]);
      assertMatch(error.message, message);
    }
  });
});

/** Sets variables that a runtime reads only at its start. */
async function withEnvironment(variables: Record<string, string>, body: () => Promise<void>): Promise<void> {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  try {
    await body();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}
