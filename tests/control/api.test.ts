import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { controlApi, type Controlled } from "../../lib/control/api.ts";
import type { Reply } from "../../lib/control/unix_server.ts";
import type { Failure } from "../../lib/errors/failure.ts";
import { LocalError } from "../../lib/errors/local_error.ts";
import type { LogEvent } from "../../lib/instance/event_log.ts";
import type { Status } from "../../lib/instance/status/status.ts";

const FAILURE = { code: "port-taken", message: "Port 7233 is taken", hint: "Kill it", facts: { pid: 1 } } as const;
const STATUS = { schema: 1, state: "running" } as Status;

/** A supervisor that notes what it is asked. */
function fake(changes: Partial<Controlled> = {}) {
  const asked: unknown[] = [];
  const listeners = new Set<(event: LogEvent) => void>();
  const noting = (name: string) => (request?: unknown) => {
    asked.push(request === undefined ? name : [name, request]);
    return Promise.resolve(STATUS);
  };
  const supervisor: Controlled = {
    status: noting("status"),
    settled: noting("settled"),
    start: noting("start"),
    stop: noting("stop"),
    restart: noting("restart"),
    snapshot: () => {
      asked.push("snapshot");
      return Promise.resolve({ path: "/t.db.copy-1", database: "/t.db" });
    },
    isHealthy: () => true,
    metrics: () => "up 1\n",
    history: () => [],
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ...changes,
  };
  return { handle: controlApi(supervisor), asked, listeners };
}

const parsed = ({ status, body }: Reply) => ({ status, body: JSON.parse(String(body)) as unknown });

describe("controlApi()", () => {
  it("leads each route to what it asks", async () => {
    const { handle, asked } = fake();
    for (const path of ["/status", "/status?verbose=1", "/wait"]) {
      assertEquals(parsed(await handle("GET", path, "")), { status: 200, body: STATUS }, path);
    }
    const settings = { asked: { port: 7300 }, binary: "/opt/temporal" };
    for (const path of ["/start", "/restart"]) await handle("POST", path, JSON.stringify(settings));
    await handle("POST", "/stop", '{"graceMs":500}');
    assertEquals(asked, ["status", "status", "settled", ["start", settings], ["restart", settings], ["stop", {
      graceMs: 500,
    }]]);
  });

  it("gives where a snapshot is", async () => {
    const { handle, asked } = fake();
    assertEquals(parsed(await handle("POST", "/snapshot", "")), {
      status: 200,
      body: { schema: 1, snapshot: { path: "/t.db.copy-1", database: "/t.db" } },
    });
    assertEquals(asked, ["snapshot"]);
  });

  it("takes an empty body for no wish at all", async () => {
    const { handle, asked } = fake();
    for (const body of ["", " \n", "{}"]) await handle("POST", "/start", body);
    await handle("POST", "/stop", "");
    assertEquals(asked, [...Array(3).fill(["start", { asked: {}, binary: null }]), ["stop", {}]]);
  });

  it("answers a failure with 409 and all that it says", async () => {
    const { code, message, ...rest } = FAILURE;
    const fail = () => Promise.reject(new LocalError(code, message, rest));
    const { handle } = fake({ start: fail, settled: fail });
    const expected = { status: 409, body: { schema: 1, error: FAILURE } };
    assertEquals(parsed(await handle("POST", "/start", "")), expected);
    assertEquals(parsed(await handle("GET", "/wait", "")), expected);
  });

  it("tells health by the status alone, and metrics as text", async () => {
    assertEquals(await fake().handle("GET", "/healthz", ""), {
      status: 200,
      contentType: "text/plain; charset=utf-8",
      body: "ok\n",
    });
    assertEquals((await fake({ isHealthy: () => false }).handle("GET", "/healthz", "")).status, 503);
    const metrics = await fake().handle("GET", "/metrics", "");
    assertEquals([metrics.body, metrics.contentType.split(";")[0]], ["up 1\n", "text/plain"]);
  });

  it("knows no other route, nor another method", async () => {
    const { handle, asked } = fake();
    for (
      const [method, path] of [["GET", "/"], ["POST", "/status"], ["GET", "/stop"], ["PUT", "/start"], [
        "GET",
        "/statuses",
      ], ["GET", "//status"]] as const
    ) {
      const { status, body } = parsed(await handle(method, path, ""));
      assertEquals([status, (body as { error: Failure }).error.code], [404, "usage"], `${method} ${path}`);
    }
    assertEquals(asked, []);
  });

  it("refuses a body that it can't understand, and asks nothing", async () => {
    const { handle, asked } = fake();
    for (const body of ["{", "[]", "null", '"x"', "5"]) {
      for (const path of ["/start", "/stop", "/restart"]) {
        assertEquals((await handle("POST", path, body)).status, 400, `${path} ${body}`);
      }
    }
    for (const graceMs of ["-1", "null", '"5"', "[]", "1e999"]) {
      assertEquals((await handle("POST", "/stop", `{"graceMs":${graceMs}}`)).status, 400, graceMs);
    }
    for (
      const settings of [
        '{"port":"7300"}',
        '{"port":0}',
        '{"namespaces":"abc"}',
        '{"headless":null}',
        "[]",
        "null",
        "5",
        '"x"',
      ]
    ) {
      assertEquals((await handle("POST", "/restart", `{"asked":${settings}}`)).status, 400, settings);
    }
    assertEquals(asked, []);
  });

  it("answers an error with 500, and goes on", async () => {
    const { handle } = fake({ status: () => Promise.reject(new Error("boom")) });
    assertEquals(parsed(await handle("GET", "/status", "")), {
      status: 500,
      body: { schema: 1, error: { code: "internal", message: "boom" } },
    });
    assertEquals((await handle("GET", "/healthz", "")).status, 200);
  });

  it("never rejects", async () => {
    const { handle } = fake();
    const path = fc.oneof(fc.string(), fc.constantFrom("/start", "/stop", "/restart", "/status", "/wait"));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("GET", "POST", "X"),
        path,
        fc.oneof(fc.json(), fc.string()),
        async (method, url, body) => {
          assert([200, 400, 404].includes((await handle(method, url, body)).status));
        },
      ),
    );
  });
});

describe("GET /events", () => {
  const event = (name: string): LogEvent => ({ at: "2026-11-23T05:59:01.123Z", event: name });
  const open = async (changes: Partial<Controlled> = {}) => {
    const { handle, listeners } = fake(changes);
    const { body, contentType } = await handle("GET", "/events", "");
    assertEquals(contentType, "text/event-stream");
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    const tell = (entry: LogEvent) => [...listeners].forEach((listener) => listener(entry));
    /** Reads up to the event called `name`; gives all that came. */
    const readTo = async (name: string): Promise<string[]> => {
      let text = "";
      while (!text.includes(`"event":"${name}"`)) {
        const { value, done } = await reader.read();
        assert(!done, `ended before ${name}: ${text.slice(-200)}`);
        text += new TextDecoder().decode(value);
      }
      return text.split("\n\n").slice(0, -1).map((message) =>
        (JSON.parse(message.replace(/^data: /, "")) as LogEvent).event
      );
    };
    return { reader, tell, readTo, listeners };
  };

  it("tells the history, then what happens", async () => {
    const { tell, readTo, listeners } = await open({
      history: () => [JSON.stringify(event("old")), JSON.stringify(event("older"))],
    });
    tell(event("new"));
    assertEquals(await readTo("new"), ["old", "older", "new"]);
    assertEquals(listeners.size, 1);
  });

  it("does not take a long history for a listener that does not read", async () => {
    const names = Array.from({ length: 3000 }, (_, at) => `${at}`);
    const { tell, readTo } = await open({ history: () => names.map((name) => JSON.stringify(event(name))) });
    tell(event("new"));
    assertEquals((await readTo("new")).length, 3001);
  });

  it("listens no more once the client has left", async () => {
    const { reader, tell, listeners } = await open();
    await reader.cancel();
    assertEquals(listeners.size, 0);
    tell(event("new"));
  });

  it("drops a client that does not read, so that its backlog ends", async () => {
    const { reader, tell, listeners } = await open();
    let told = 0;
    for (; listeners.size > 0 && told < 100_000; told++) tell(event("new"));
    assert(told < 2000, `${told} events are kept for it`);
    let read = 0;
    while (!(await reader.read()).done) read++;
    assert(read < told);
  });
});
