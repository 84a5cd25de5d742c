import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { connect } from "node:net";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Status } from "../../lib/instance/status/status.ts";
import { assertNothingLeft, isAlive, launch, type Running, type TestInstance, until, withInstance } from "./support.ts";
import { untilEvent } from "./support_events.ts";
import { pidsOf } from "./support_lifecycle.ts";
import { fakeTemporal } from "./support_strangers.ts";

/** The response that curl got: the status code, the media type and the body. */
interface Answer {
  status: number;
  type: string;
  body: string;
}

function curl(instance: TestInstance, ...args: string[]): Running {
  return launch([
    "curl",
    "--silent",
    "--show-error",
    "--no-buffer",
    "--unix-socket",
    instance.paths.controlSocket,
    ...args,
  ]);
}

async function request(instance: TestInstance, method: "GET" | "POST", path: string, body?: string): Promise<Answer> {
  const data = body === undefined ? [] : ["--data", body];
  const format = ["--write-out", "\n%{http_code} %{content_type}"];
  const result = await curl(instance, "--request", method, ...data, ...format, `http://local${path}`).ended;
  assertEquals(result.code, 0, result.stderr);
  const end = result.stdout.lastIndexOf("\n");
  const [status, type = ""] = result.stdout.slice(end + 1).split(/[ ;]+/);
  return { status: Number(status), type, body: result.stdout.slice(0, end) };
}

/** Sends half a request, as a client that is killed. */
async function breakOff({ paths }: TestInstance): Promise<void> {
  const client = connect(paths.controlSocket);
  await once(client, "connect");
  client.write('POST /start HTTP/1.1\r\nhost: local\r\ncontent-length: 100\r\n\r\n{"asked"');
  await new Promise((resolve) => setTimeout(resolve, 100));
  client.destroy();
  await once(client, "close");
}

/** The names of the events that a stream has sent so far. */
function eventsOf(stream: Running): string[] {
  const messages = stream.stdout().split("\n\n").slice(0, -1);
  return messages.map((message) => JSON.parse(message.replace(/^data: /, "")).event);
}

describe("the control socket", () => {
  it("answers every request of curl, and reports a hung Temporal as not healthy", () =>
    withInstance(async (instance) => {
      const started = await instance.start(["--headless"]);
      const { temporal, supervisor } = pidsOf(started);
      assertEquals(statSync(instance.paths.controlSocket).mode & 0o777, 0o600);

      const status = await request(instance, "GET", "/status");
      assertEquals([status.status, status.type], [200, "application/json"]);
      const seen: Status = JSON.parse(status.body);
      assertEquals([seen.schema, seen.state, seen.healthy, pidsOf(seen)], [1, "running", true, {
        temporal,
        supervisor,
      }]);
      await breakOff(instance);
      assertEquals(await request(instance, "GET", "/healthz"), { status: 200, type: "text/plain", body: "ok\n" });
      const metrics = await request(instance, "GET", "/metrics");
      assertEquals([metrics.status, metrics.type], [200, "text/plain"]);
      assertMatch(metrics.body, /^# TYPE stigmer_local_temporal_up gauge\nstigmer_local_temporal_up 1$/m);
      assertMatch(metrics.body, /^stigmer_local_temporal_restarts_total 0$/m);

      const events = curl(instance, "http://local/events");
      await until("the events so far are told", () => eventsOf(events).includes("running"));
      process.kill(temporal, "SIGKILL");
      const news = ["exited", "backoff", "starting", "launched", "running"];
      const told = () => eventsOf(events).filter((event) => news.includes(event)).slice(-news.length);
      await until("what happens is told", () => told().join() === news.join());
      assertMatch((await request(instance, "GET", "/metrics")).body, /^stigmer_local_temporal_restarts_total 1$/m);

      const reused: Status = JSON.parse((await request(instance, "POST", "/start")).body);
      assertEquals([reused.reused, reused.supervisor?.pid], [true, supervisor]);
      const refused = await request(instance, "POST", "/start", '{"asked":{"logLevel":"debug"}}');
      assertEquals([refused.status, JSON.parse(refused.body).error.code], [409, "settings-differ"]);
      const restarted: Status = JSON.parse((await request(instance, "POST", "/restart", "{}")).body);
      assertEquals([restarted.state, restarted.supervisor?.pid], ["running", supervisor]);
      assert(restarted.temporal!.pid !== reused.temporal!.pid, "it was not restarted");

      process.kill(restarted.temporal!.pid, "SIGSTOP");
      await untilEvent(instance, "unhealthy");
      const [health, sick] = await Promise.all([
        request(instance, "GET", "/healthz"),
        request(instance, "GET", "/metrics"),
      ]);
      assertEquals([health.status, health.body], [503, "not healthy\n"]);
      assertMatch(sick.body, /^stigmer_local_temporal_up 0$/m);
      assertMatch(sick.body, /^stigmer_local_health_check_failures_total [1-9]/m);

      const stopped = await request(instance, "POST", "/stop", '{"graceMs":0}');
      assertEquals([stopped.status, JSON.parse(stopped.body).state], [200, "stopped"]);
      await until("the supervisor is gone", () => !isAlive(supervisor));
      assertNothingLeft(instance, [temporal, restarted.temporal!.pid, supervisor]);
      await events.ended;
      assertEquals(eventsOf(events).at(-1), "supervisor leaves");
      for (const line of readFileSync(instance.paths.supervisorLog, "utf8").trim().split("\n")) JSON.parse(line);
    }));
});

describe("wait", () => {
  it("returns when Temporal is ready, started by any command, and status --watch shows it until Ctrl-C", () =>
    withInstance(async (instance) => {
      const watch = instance.launch(["status", "--watch"]);
      await until("it shows that nothing runs", () => watch.stdout().includes("○ Temporal is stopped"));
      const [text, json] = [instance.launch(["wait"]), instance.launch(["wait", "--json"])];
      const { temporal } = pidsOf(await instance.start(["--headless"]));
      const [shown, told] = await Promise.all([text.ended, json.ended]);
      assertEquals([shown.code, told.code], [0, 0], shown.stderr + told.stdout);
      assertMatch(shown.stdout, /^● Temporal is running$/m);
      assertEquals([JSON.parse(told.stdout).temporal.pid, told.stderr], [temporal, ""]);
      assertEquals((await instance.run(["wait", "--quiet"])).stdout, "");

      await until("it shows that it runs", () => watch.stdout().includes("● Temporal is running, healthy"));
      watch.kill("SIGINT");
      const { code, stdout, stderr } = await watch.ended;
      assertEquals([code, stderr], [0, ""]);
      assert(!stdout.includes("\x1b"), "escape sequences in a pipe");
      const lines = stdout.trimEnd().split("\n");
      for (const line of lines) assertMatch(line, /^\d{4}-\d\d-\d\dT\S+Z [●○] Temporal /);
      const texts = lines.map((line) => line.replace(/^\S+ /, ""));
      assertEquals(texts.filter((text, at) => text === texts[at - 1]), [], "a line without a change");
    }));

  it("gives up after --timeout, and says what to do", () =>
    withInstance(async (instance) => {
      const { code, stdout, stderr } = await instance.run(["wait", "--timeout", "0.2"]);
      assertEquals([code, stdout], [1, ""]);
      assertMatch(
        stderr,
        /^error: Timed out after 0\.2 s waiting for Temporal to become ready\nhint: .*`stigmer-local start --home '.*'`/,
      );
      const binary = fakeTemporal(instance.home, "exec sleep 1000");
      assertEquals((await instance.run(["start", "--no-wait", "--headless", "--temporal-bin", binary])).code, 0);
      assertEquals((await instance.run(["wait", "--timeout", "0.2"])).code, 1);
      assertEquals((await instance.stop(["--force"])).code, 0);
    }));

  it("fails at once, with the reason, when Temporal has failed", () =>
    withInstance(async (instance) => {
      assertEquals((await instance.run(["start", "--headless", "--", "--no-such-flag"])).code, 1);
      const { code, stderr } = await instance.run(["wait", "--timeout", "1000"]);
      assertEquals(code, 1);
      assertMatch(stderr, /^error: Temporal failed to start: unknown flag: --no-such-flag$/m);
    }));
});

describe("status --watch", () => {
  it("ends after --timeout, with the exit code of the last status", () =>
    withInstance(async (instance) => {
      const { code, stdout, stderr } = await instance.run(["status", "--watch", "--timeout", "0.2"]);
      assertEquals([code, stderr], [3, ""]);
      assertMatch(stdout, /^\S+ ○ Temporal is stopped\n$/);
      const refused = await instance.run(["status", "--timeout", "1"]);
      assertEquals(refused.code, 2);
      assertMatch(refused.stderr, /^error: `--timeout` is for `status --watch`\nhint: `stigmer-local wait --home /);
    }));

  it("prints one JSON document per line", () =>
    withInstance(async (instance) => {
      const watch = instance.launch(["status", "--watch", "--json"]);
      await until("there are two", () => watch.stdout().split("\n").length > 2);
      watch.kill("SIGTERM");
      const { code, stdout } = await watch.ended;
      assertEquals(code, 3);
      for (const line of stdout.trimEnd().split("\n")) assertEquals(JSON.parse(line).state, "stopped");
    }));
});
