import { lstatSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { decodeResponse, encodeRequest, type HttpResponse } from "../../lib/control/http1.ts";
import { serveUnix } from "../../lib/control/server.ts";
import { type Handler, MAX_REQUEST_BYTES, type UnixServer } from "../../lib/control/unix_server.ts";
import type { Connection } from "../../lib/platform/net/connection.ts";
import { withTempDir } from "../platform/support.ts";
import { runtimeConnect } from "../support.ts";

const connect = await runtimeConnect();

const text = (body: string) => ({ status: 200, contentType: "text/plain", body });
const echo: Handler = (method, path, body) => Promise.resolve(text(`${method} ${path} ${body}`));

function withServer(handler: Handler, body: (path: string, server: UnixServer) => Promise<void>): Promise<void> {
  return withTempDir(async (folder) => {
    const path = join(folder, "s");
    const server = await serveUnix(path, handler);
    try {
      await body(path, server);
    } finally {
      await server.close(0);
    }
  });
}

async function send(path: string, request: Uint8Array): Promise<Connection> {
  const connection = await connect({ path }, 10_000);
  await connection.write(request);
  return connection;
}

async function ask(path: string, method: "GET" | "POST", url: string, body?: string): Promise<HttpResponse> {
  const connection = await send(path, encodeRequest(method, url, body));
  try {
    return await readAnswer(connection);
  } finally {
    connection.close();
  }
}

async function readAnswer(connection: Connection): Promise<HttpResponse> {
  const received: number[] = [];
  for (;;) {
    const chunk = await connection.read();
    if (chunk !== null) received.push(...chunk);
    const response = decodeResponse(Uint8Array.from(received), chunk === null);
    if (response !== null) return response;
  }
}

describe("serveUnix()", () => {
  it("hands on the method, the path with its query and the body", () =>
    withServer(echo, async (path) => {
      assertEquals(await ask(path, "GET", "/status?a=1"), { status: 200, body: "GET /status?a=1 " });
      assertEquals(await ask(path, "POST", "/stop", '{"ü":"\u{1f600}"}'), {
        status: 200,
        body: 'POST /stop {"ü":"\u{1f600}"}',
      });
    }));

  it("answers many at once, each with its own", () =>
    withServer(echo, async (path) => {
      const paths = Array.from({ length: 40 }, (_, at) => `/${at}`);
      const answers = await Promise.all(paths.map((url) => ask(path, "GET", url)));
      assertEquals(answers.map(({ body }) => body), paths.map((url) => `GET ${url} `));
    }));

  it("tells the status that the handler gave, and a large body whole", () => {
    const body = "ü".repeat(200_000);
    return withServer(() => Promise.resolve({ status: 409, contentType: "text/plain", body }), async (path) => {
      const answer = await ask(path, "GET", "/");
      assertEquals([answer.status, answer.body === body], [409, true]);
    });
  });

  it("makes a socket for its owner alone, whatever the umask, which stays", async () => {
    const before = process.umask(0);
    try {
      await withServer(echo, (path) => {
        assertEquals(lstatSync(path).mode & 0o777, 0o600);
        assert(lstatSync(path).isSocket());
        assertEquals(process.umask(), 0);
        return Promise.resolve();
      });
    } finally {
      process.umask(before);
    }
  });

  it("refuses a place where something is, and leaves it and the umask alone", () =>
    withTempDir(async (folder) => {
      const path = join(folder, "s");
      writeFileSync(path, "mine");
      const before = process.umask();
      await assertRejects(() => serveUnix(path, echo), Error);
      assertEquals([process.umask(), lstatSync(path).size], [before, 4]);
    }));

  it("refuses a body that is too large, and serves on", () =>
    withServer(echo, async (path) => {
      assertEquals((await ask(path, "POST", "/", "x".repeat(MAX_REQUEST_BYTES))).status, 200);
      // The answer may come, or the connection break, before all is sent.
      const refused = await ask(path, "POST", "/", "x".repeat(MAX_REQUEST_BYTES + 1)).then(({ status }) => status, () =>
        413);
      assertEquals(refused, 413);
      assertEquals((await ask(path, "GET", "/")).status, 200);
    }));

  it("serves on whatever a client sends, or breaks off", () =>
    withServer(echo, async (path) => {
      const encoder = new TextEncoder();
      for (
        const request of [
          "\0\x01\x02",
          "GARBAGE\r\n\r\n",
          "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf",
          "GET /",
        ]
      ) {
        (await send(path, encoder.encode(request))).close();
      }
      assertEquals((await ask(path, "GET", "/")).status, 200);
    }));

  it("sends a stream as it comes, and ends it when the client leaves", async () => {
    let source: ReadableStreamDefaultController<Uint8Array> | undefined;
    let left = () => {};
    const hasLeft = new Promise<void>((resolve) => left = resolve);
    const body = () =>
      new ReadableStream<Uint8Array>({ start: (controller) => void (source = controller), cancel: () => left() });
    await withServer(
      () => Promise.resolve({ status: 200, contentType: "text/event-stream", body: body() }),
      async (path) => {
        const connection = await send(path, encodeRequest("GET", "/events"));
        let received = "";
        for (const event of ["one", "two", "three"]) {
          while (source === undefined) received += new TextDecoder().decode(await connection.read() ?? undefined);
          source.enqueue(new TextEncoder().encode(`data: ${event}\n\n`));
          while (!received.includes(event)) received += new TextDecoder().decode((await connection.read())!);
        }
        connection.close();
        await hasLeft;
      },
    );
  });
});

describe("UnixServer.close()", () => {
  it("lets an answer under way finish, and takes no more", async () => {
    let enter = () => {};
    let leave = () => {};
    const entered = new Promise<void>((resolve) => enter = resolve);
    const mayLeave = new Promise<void>((resolve) => leave = resolve);
    await withServer(async () => {
      enter();
      await mayLeave;
      return text("done");
    }, async (path, server) => {
      const answer = ask(path, "GET", "/");
      await entered;
      const closed = server.close(60_000);
      await assertRejects(() => connect({ path }, 10_000), Error);
      leave();
      assertEquals(await answer, { status: 200, body: "done" });
      await closed;
    });
  });

  it("does not wait for a stream that never ends", () =>
    withServer(
      () => Promise.resolve({ status: 200, contentType: "text/plain", body: new ReadableStream() }),
      async (path, server) => {
        const connection = await send(path, encodeRequest("GET", "/"));
        assert(await connection.read() !== null);
        await server.close(1);
        connection.close();
      },
    ));
});
