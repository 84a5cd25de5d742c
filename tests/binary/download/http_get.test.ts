import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { createServer as createTlsServer } from "node:tls";
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { type GetOptions, httpGet } from "../../../lib/binary/download/http_get.ts";
import { Unreachable } from "../../../lib/binary/download/transfer_error.ts";
import { isDeno } from "../../../lib/platform/runtime/host.ts";
import { freePort } from "../../free_ports.ts";
import { eventually, startProcess, withTempDir } from "../../support.ts";
import { answer, fakeRelease, type Respond, serveRelease, withServer } from "./support.ts";

const VERSION = "1.4.1";
const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
const skip = hasOpenssl ? false : "openssl is not here, to make certificates with";

/** What the fixture prints: the install's result, or its error with the facts. */
type Told = { source?: string; trust?: string; message?: string; tried?: string[] };

/** Installs in a process of its own, with `env` and with a `go` that only notes that it was called. */
async function install(folder: string, env: Record<string, string>): Promise<Told> {
  mkdirSync(join(folder, "home"), { recursive: true });
  mkdirSync(join(folder, "tools"), { recursive: true });
  writeFileSync(join(folder, "tools", "go"), `#!/bin/sh\ntouch '${folder}/go-was-called'\nexit 1\n`, { mode: 0o755 });
  const script = fileURLToPath(new URL("../../fixtures/install_here.ts", import.meta.url));
  const root = fileURLToPath(new URL("../../..", import.meta.url));
  const config = process.env["STIGMER_TEST_DENO_CONFIG"] ?? join(root, "deno.offline.json");
  const runtime = isDeno ? ["run", "-A", "--no-check", "--config", config] : process.execArgv;
  const clean = Object.entries(process.env).filter(([name]) => !/_proxy$|^STIGMER_TEMPORAL/i.test(name));
  const child = spawn(process.execPath, [...runtime, script, join(folder, "home"), VERSION], {
    cwd: root,
    env: { ...Object.fromEntries(clean), PATH: `${join(folder, "tools")}:${process.env["PATH"]}`, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => printed += text);
  await new Promise((resolve) => child.once("close", resolve));
  return JSON.parse(printed) as Told;
}

const goWasCalled = (folder: string) => existsSync(join(folder, "go-was-called"));

/** A certificate for `temporal.test` and 127.0.0.1, and the authority that signed it. */
function makeCertificates(folder: string): { ca: string; cert: string; key: string } {
  const at = (name: string) => join(folder, name);
  writeFileSync(at("ext"), "subjectAltName=DNS:temporal.test,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n");
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const run = (...args: string[]) => assertEquals(spawnSync("openssl", args).status, 0, args.join(" "));
  const authority = ["-subj", "/CN=test authority", "-addext", "basicConstraints=critical,CA:TRUE"];
  run("req", "-x509", ...curve, "-keyout", at("ca.key"), "-out", at("ca.pem"), "-days", "2", ...authority);
  run("req", ...curve, "-keyout", at("key.pem"), "-out", at("request.pem"), "-subj", "/CN=temporal.test");
  const signing = ["-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial", "-extfile", at("ext")];
  run("x509", "-req", "-in", at("request.pem"), ...signing, "-days", "2", "-out", at("cert.pem"));
  return { ca: at("ca.pem"), cert: readFileSync(at("cert.pem"), "utf8"), key: readFileSync(at("key.pem"), "utf8") };
}

/** A TLS server in front of the one on `port`. */
async function withTls<T>(folder: string, port: number, body: (tlsPort: number, ca: string) => Promise<T>): Promise<T> {
  const { ca, cert, key } = makeCertificates(folder);
  const server = createTlsServer({ cert, key }, (socket) => pipeTo(socket, port));
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await body((server.address() as { port: number }).port, ca);
  } finally {
    server.close();
  }
}

function pipeTo(socket: Socket, port: number): void {
  const upstream = connect(port, "127.0.0.1");
  socket.pipe(upstream).pipe(socket);
  for (const end of [socket, upstream]) end.on("error", () => {});
}

/** A proxy that leads every tunnel to `port`. */
const proxyTo = (port: number): Respond => (socket, { method }) => {
  assertEquals(method, "CONNECT");
  socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
  pipeTo(socket, port);
};

describe("over TLS", { skip }, () => {
  it("downloads with a certificate that is trusted, and from nobody else", () =>
    withTempDir((folder) =>
      withServer(
        serveRelease(VERSION, fakeRelease(VERSION)),
        ({ port, seen }) =>
          withTls(folder, port, async (tlsPort, ca) => {
            const STIGMER_TEMPORAL_MIRROR = `https://127.0.0.1:${tlsPort}`;
            const refused = await install(folder, { STIGMER_TEMPORAL_MIRROR });
            assert(refused.message?.includes("its certificate is not trusted here"), refused.message);
            assertEquals(seen, []);
            assert(goWasCalled(folder));
            const told = await install(folder, { STIGMER_TEMPORAL_MIRROR, NODE_EXTRA_CA_CERTS: ca });
            assertEquals(told.source, "downloaded", told.message);
          }),
      )
    ));

  it("goes through the proxy of HTTPS_PROXY, which alone knows the host, with its password", () =>
    withTempDir((folder) =>
      withServer(
        serveRelease(VERSION, fakeRelease(VERSION)),
        ({ port }) =>
          withTls(folder, port, (tlsPort, ca) =>
            withServer(proxyTo(tlsPort), async (proxy) => {
              const told = await install(folder, {
                STIGMER_TEMPORAL_MIRROR: "https://temporal.test",
                HTTPS_PROXY: `http://me:50%@127.0.0.1:${proxy.port}`,
                NODE_EXTRA_CA_CERTS: ca,
              });
              assertEquals(told.source, "downloaded", told.message);
              assertEquals(proxy.seen[0]!.path, "temporal.test:443");
              assertEquals(proxy.seen[0]!.headers["proxy-authorization"], `Basic ${btoa("me:50%")}`);
            })),
      )
    ));
});

describe("where nobody can be reached", () => {
  it("builds with Go when the proxy refuses, at once", () =>
    withTempDir((folder) =>
      withServer((socket) => answer(socket, 403, { "content-length": 0 }), async ({ port, seen }) => {
        const told = await install(folder, {
          STIGMER_TEMPORAL_MIRROR: "https://temporal.test",
          https_proxy: `http://127.0.0.1:${port}`,
        });
        assert(told.tried?.[0]?.includes(`the proxy 127.0.0.1:${port} answers 403`), told.message);
        assertEquals(seen.length, 1);
        assert(goWasCalled(folder));
      })
    ));
});

const TIMEOUTS = { connectTimeoutMs: 10_000, answerTimeoutMs: 10_000, stallTimeoutMs: 10_000 };

describe("httpGet() where nothing answers", () => {
  const get = (url: string, connectTimeoutMs: number) =>
    httpGet(new URL(url), { ...TIMEOUTS, connectTimeoutMs, env: {} });

  it("does not wait where the connection is refused", async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const refused = await assertRejects(() => get(url, 10_000), Unreachable, "ECONNREFUSED");
    assert(!refused.isBroken);
  });

  it("waits for a connection where the network swallows everything", () =>
    withTempDir(async (folder) => {
      const full = await fullBacklog(folder);
      try {
        await assertRejects(() => get(`http://127.0.0.1:${full.port}`, 300), Unreachable, "within 0.3 s");
      } finally {
        await full.end();
      }
    }));

  it("waits for TLS where a server takes the connection and says nothing", async () => {
    const silent = createServer((socket) => void socket.on("error", () => {}));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as { port: number };
    try {
      await assertRejects(() => get(`https://127.0.0.1:${port}`, 300), Unreachable, "within 0.3 s");
    } finally {
      silent.close();
    }
  });
});

describe("httpGet() through a proxy", () => {
  const url = new URL("https://temporal.test/");
  const options = (port: number, more: Partial<GetOptions> = {}): GetOptions => ({
    env: { HTTPS_PROXY: `127.0.0.1:${port}` },
    ...TIMEOUTS,
    ...more,
  });

  it("calls a proxy that closes the connection broken, and one that is not there unreachable", () =>
    withServer((socket) => socket.destroy(), async ({ port }) => {
      const broken = await assertRejects(() => httpGet(url, options(port)), Unreachable, `the proxy 127.0.0.1:${port}`);
      assert(broken.isBroken);
      const refused = await assertRejects(() => httpGet(url, options(1)), Unreachable, "ECONNREFUSED");
      assert(!refused.isBroken);
    }));

  it("leaves no connection to a silent proxy, after the timeout and after an abort", async () => {
    const closed: Promise<void>[] = [];
    const silent = createServer((socket) => {
      closed.push(new Promise((resolve) => socket.on("error", () => {}).once("close", () => resolve())));
      socket.resume();
    });
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as { port: number };
    try {
      await assertRejects(() => httpGet(url, options(port, { connectTimeoutMs: 100 })), Unreachable, "within 0.1 s");
      const controller = new AbortController();
      const asking = httpGet(url, options(port, { signal: controller.signal }));
      silent.once("connection", () => controller.abort(new Error("enough")));
      await assertRejects(() => asking, Error, "enough");
      assertEquals(closed.length, 2);
      await Promise.all(closed);
    } finally {
      silent.close();
    }
  });

  it("refuses a proxy of another kind, and one that is no address", async () => {
    const through = (HTTPS_PROXY: string) => httpGet(url, options(1, { env: { HTTPS_PROXY } }));
    await assertRejects(
      () => through("socks5://127.0.0.1:1"),
      Unreachable,
      "a socks5 proxy (127.0.0.1:1) is not supported",
    );
    await assertRejects(() => through("http://"), Unreachable, "is no address");
  });
});

/** A port whose queue is full, so that nothing answers there: what a firewall that drops looks like. */
async function fullBacklog(folder: string): Promise<{ port: number; end: () => Promise<void> }> {
  const script = "use Socket; socket my $s, PF_INET, SOCK_STREAM, 0 or die; " +
    "bind $s, pack_sockaddr_in(0, inet_aton('127.0.0.1')) or die; listen $s, 0 or die; $| = 1; " +
    "print +(unpack_sockaddr_in(getsockname $s))[0], qq(\\n); sleep 600";
  const listener = startProcess("perl", ["-e", script], folder);
  const port = Number(await eventually(() => /^(\d+)\n/.exec(listener.output())?.[1] ?? null));
  const fillers: Socket[] = [];
  let connected = 0;
  for (let i = 0; i < 4; i++) {
    const filler = connect(port, "127.0.0.1", () => connected++).on("error", () => {});
    fillers.push(filler);
  }
  await eventually(() => connected > 0 || null);
  return {
    port,
    end: async () => {
      for (const filler of fillers) filler.destroy();
      await listener.kill();
    },
  };
}
