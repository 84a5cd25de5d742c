import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { type GrpcChannel, openGrpcChannel } from "../../lib/grpc/channel.ts";
import { GrpcError } from "../../lib/grpc/error.ts";
import { checkServing, checkUi, describeNamespace, getServerVersion } from "../../lib/grpc/health.ts";
import type { Connect } from "../../lib/platform/net/connection.ts";
import { freePort } from "../free_ports.ts";
import { eventually, realTemporal, runtimeConnect, type Started, startProcess } from "../support.ts";

describe("health checks on a real Temporal", () => {
  let folder: string;
  let port: number;
  let uiPort: number;
  let temporal: Started;
  let connect: Connect;
  let channel: GrpcChannel;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "stigmer-health-"));
    connect = await runtimeConnect();
    port = await freePort();
    uiPort = await freePort();
    const args = ["server", "start-dev", "--ip", "127.0.0.1", "--port", `${port}`, "--ui-port", `${uiPort}`];
    // Five minutes by default: see whether a channel outlives its connections.
    args.push("--dynamic-config-value", 'frontend.keepAliveMaxConnectionAge="1s"');
    temporal = startProcess(realTemporal(), [...args, "--db-filename", join(folder, "t.db")], folder, { HOME: folder });
    channel = await eventually(async () => {
      try {
        return await openGrpcChannel(connect, { host: "127.0.0.1", port }, 1_000);
      } catch (error) {
        if (error instanceof GrpcError) return null;
        throw error;
      }
    });
    await eventually(async () => await checkServing(channel, 1_000) === "serving" ? true : null);
  });

  after(async () => {
    channel?.close();
    await temporal?.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  it("checkServing() never fails while Temporal ends each connection after a second", async () => {
    let connections = 0;
    const counting: Connect = (endpoint, timeoutMs) => {
      connections++;
      return connect(endpoint, timeoutMs);
    };
    const own = await openGrpcChannel(counting, { host: "127.0.0.1", port }, 1_000);
    const deadline = performance.now() + 3_500;
    while (performance.now() < deadline) {
      assertEquals(await checkServing(own, 1_000), "serving");
      await new Promise((resume) => setTimeout(resume, 5));
    }
    own.close();
    assert(connections >= 3, `${connections} connections`);
  });

  it("describeNamespace() tells a namespace that exists from one that does not", async () => {
    assertEquals(await describeNamespace(channel, "default", 1_000), "found");
    assertEquals(await describeNamespace(channel, "no-such-namespace", 1_000), "not-found");
  });

  it("getServerVersion() gives the server's version", async () => {
    const result = await getServerVersion(channel, 1_000);
    assert("version" in result && /^\d+\.\d+\.\d+/.test(result.version), JSON.stringify(result));
  });

  it("an unknown method is a status, not a broken channel", async () => {
    const reply = await channel.call("/no.such.Service/Method", new Uint8Array(0), 1_000);
    assertEquals(reply.status, 12);
    assert(reply.statusMessage.includes("no.such.Service"), reply.statusMessage);
    assertEquals(await checkServing(channel, 1_000), "serving");
  });

  it("checkUi() says up", async () => {
    assertEquals(await checkUi(connect, { host: "127.0.0.1", port: uiPort }, 2_000), "up");
  });

  it("checkServing() times out on a stopped server, and says serving again when it goes on", async () => {
    const own = await openGrpcChannel(connect, { host: "127.0.0.1", port }, 1_000);
    assertEquals(await checkServing(own, 1_000), "serving");
    process.kill(-temporal.pid, "SIGSTOP");
    try {
      // The signal takes a moment to stop every thread.
      const result = await eventually(async () => {
        const result = await checkServing(own, 200);
        return result === "serving" ? null : result;
      });
      assert(typeof result === "object" && result.kind === "timeout", JSON.stringify(result));
    } finally {
      process.kill(-temporal.pid, "SIGCONT");
    }
    assertEquals(await eventually(async () => await checkServing(own, 1_000) === "serving" ? true : null), true);
    own.close();
  });
});

describe("checkUi()", () => {
  let server: Server;
  let port: number;
  let status = 200;

  before(async () => {
    server = createServer((_request, response) => {
      response.writeHead(status).end("hello");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    port = typeof address === "object" && address !== null ? address.port : 0;
  });
  after(() => {
    server.close();
  });

  it("takes any status below 500 for an answer", async () => {
    const connect = await runtimeConnect();
    for (status of [200, 302, 401, 404]) {
      assertEquals(await checkUi(connect, { host: "127.0.0.1", port }, 1_000), "up");
    }
    status = 503;
    assertEquals(await checkUi(connect, { host: "127.0.0.1", port }, 1_000), { error: "HTTP 503" });
  });

  it("says why there is no status: nobody listens, a silent server, one that speaks something else", async () => {
    const connect = await runtimeConnect();
    const closed = await checkUi(connect, { host: "127.0.0.1", port: await freePort() }, 1_000);
    assert(typeof closed === "object", "an error");
    for (
      const [words, error] of [["", "no response within 50 ms"], [
        "SSH-2.0-OpenSSH_9.2",
        "not an HTTP response",
      ]] as const
    ) {
      const other = createTcpServer((socket) => void (words === "" || socket.end(words)));
      await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
      const { port } = other.address() as AddressInfo;
      assertEquals(await checkUi(connect, { host: "127.0.0.1", port }, words === "" ? 50 : 5_000), { error });
      other.close();
    }
  });
});
