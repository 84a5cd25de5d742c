import { renameSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { systemErrorCode } from "../../../lib/errors/local_error.ts";
import type { Connection } from "../../../lib/platform/net/connection.ts";
import { isDeno } from "../../../lib/platform/runtime/host.ts";
import { freePort } from "../../free_ports.ts";
import { runtimeConnect } from "../../support.ts";
import { withTempDir } from "../support.ts";

const connect = await runtimeConnect();

/** Runs `body` with a server on a Unix socket, and ends whatever is open afterwards. */
function withPeer(serve: (socket: Socket) => void, body: (path: string) => Promise<void>): Promise<void> {
  return withTempDir(async (folder) => {
    const path = join(folder, "s");
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => {}); // the client may break off
      serve(socket);
    });
    await listen(server, path);
    try {
      await body(path);
    } finally {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    }
  });
}

function listen(server: Server, where: string | number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    if (typeof where === "string") server.listen(where, resolve);
    else server.listen(where, "127.0.0.1", resolve);
  });
}

async function readAll(connection: Connection): Promise<Uint8Array> {
  const received: number[] = [];
  for (;;) {
    const chunk = await connection.read();
    if (chunk === null) return Uint8Array.from(received);
    received.push(...chunk);
  }
}

async function failureOf(connecting: Promise<Connection>): Promise<string | undefined> {
  try {
    (await connecting).close();
  } catch (error) {
    return systemErrorCode(error);
  }
  return "none";
}

describe("connect()", () => {
  it("sends all, and reads all up to the end", () => {
    const bytes = Uint8Array.from({ length: 1_000_000 }, (_, at) => at % 251);
    const received: Uint8Array[] = [];
    let size = 0;
    const answerWhenWhole = (socket: Socket) =>
      void socket.on("data", (chunk: Uint8Array) => {
        received.push(chunk);
        size += chunk.length;
        if (size === bytes.length) socket.end(Buffer.concat(received));
      });
    return withPeer(answerWhenWhole, async (path) => {
      const connection = await connect({ path }, 10_000);
      await connection.write(bytes);
      const answer = await readAll(connection);
      connection.close();
      assertEquals([answer.length, answer.every((byte, at) => byte === bytes[at])], [bytes.length, true]);
    });
  });

  it("gives back what was read as it was, whatever is read next", () =>
    withPeer((socket) => {
      socket.write("first");
      socket.once("data", () => socket.end("second"));
    }, async (path) => {
      const connection = await connect({ path }, 10_000);
      const first = await connection.read();
      await connection.write(Uint8Array.of(1));
      await readAll(connection);
      connection.close();
      assertEquals(new TextDecoder().decode(first!), "first");
    }));

  it("says null again and again at the end of the stream", () =>
    withPeer((socket) => void socket.end(), async (path) => {
      const connection = await connect({ path }, 10_000);
      assertEquals([await connection.read(), await connection.read()], [null, null]);
      connection.close();
    }));

  it("ends a read under way when it is closed, which may happen twice", () =>
    withPeer(() => {}, async (path) => {
      const connection = await connect({ path }, 10_000);
      const reading = connection.read().catch(() => null);
      connection.close();
      connection.close();
      assertEquals(await reading, null);
    }));

  it("does not fall over a peer that breaks off", () =>
    withPeer((socket) => void socket.once("data", () => socket.destroy()), async (path) => {
      const connection = await connect({ path }, 10_000);
      await connection.write(new Uint8Array(100_000)).catch(() => {});
      await readAll(connection).catch(() => {});
      await assertRejects(async () => {
        // The system may take a little more before it tells that nobody is there.
        for (;;) await connection.write(new Uint8Array(100_000));
      }, Error);
      connection.close();
    }));

  it("tells the system's code when nobody is there", () =>
    withTempDir(async (folder) => {
      assertEquals(await failureOf(connect({ path: join(folder, "none") }, 10_000)), "ENOENT");
      writeFileSync(join(folder, "file"), "x");
      assertEquals(await failureOf(connect({ path: join(folder, "file") }, 10_000)), "ECONNREFUSED");
      // A socket whose owner is gone: the server removes the name that it was bound to, not this one.
      const server = createServer();
      await listen(server, join(folder, "s"));
      renameSync(join(folder, "s"), join(folder, "stale"));
      await new Promise((resolve) => server.close(resolve));
      assertEquals(await failureOf(connect({ path: join(folder, "stale") }, 10_000)), "ECONNREFUSED");
      assertEquals(await failureOf(connect({ host: "127.0.0.1", port: await freePort() }, 10_000)), "ECONNREFUSED");
    }));

  it("connects over TCP too", async () => {
    const server = createServer((socket) => void socket.end("hello"));
    const port = await freePort();
    await listen(server, port);
    try {
      const connection = await connect({ host: "127.0.0.1", port }, 10_000);
      assertEquals(new TextDecoder().decode(await readAll(connection)), "hello");
      connection.close();
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
    assert(!server.listening);
  });
});

it(
  "a connection whose peer has gone already is one that ends, though macOS refuses an option of it",
  { skip: !isDeno },
  async () => {
    const { connect: connectNow } = Deno;
    let isClosed = false;
    const setNoDelay = () => {
      throw new Error("Invalid argument (os error 22)");
    };
    const socket = { setNoDelay, read: () => Promise.resolve(null), close: () => isClosed = true };
    Object.assign(Deno, { connect: () => Promise.resolve(socket) });
    try {
      const connection = await connect({ host: "127.0.0.1", port: 1 }, 1000);
      assertEquals(await connection.read(), null);
      connection.close();
      assertEquals(isClosed, true);
    } finally {
      Object.assign(Deno, { connect: connectNow });
    }
  },
);
