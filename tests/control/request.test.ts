import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { SILENCE_MS } from "../../lib/control/client.ts";
import { askLong } from "../../lib/control/request.ts";
import { serveUnix } from "../../lib/control/server.ts";
import type { Handler } from "../../lib/control/unix_server.ts";
import { instancePaths } from "../../lib/instance/paths.ts";
import { currentHost } from "../../lib/platform/runtime/current_host.ts";
import type { Host } from "../../lib/platform/runtime/host.ts";

/** Runs `body` on a home whose control socket is answered by `handler`; gives the requests that came. */
async function withSupervisor(
  handler: Handler,
  body: (host: Host, home: string, requests: string[]) => Promise<void>,
): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "sl-ask-"));
  const requests: string[] = [];
  const server = await serveUnix(instancePaths(home).controlSocket, (method, path, text) => {
    requests.push(`${method} ${path}`);
    return handler(method, path, text);
  });
  try {
    await body(await currentHost(), home, requests);
  } finally {
    await server.close(0);
    rmSync(home, { recursive: true, force: true });
  }
}

const reply = (status: number, body: string) => ({ status, contentType: "text/plain", body });
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("askLong()", () => {
  it("sends a request once, however long its answer takes", () =>
    withSupervisor(async (_method, path) => {
      if (path === "/restart") await pause(1.5 * SILENCE_MS);
      return reply(200, path);
    }, async (host, home, requests) => {
      const answer = await askLong(host, home, { method: "POST", path: "/restart" }, 60_000);
      assertEquals(answer, { kind: "answer", response: { status: 200, body: "/restart" } });
      assertEquals(requests, ["POST /restart", "GET /healthz"]);
    }));

  it("is late when the supervisor answers other questions, and not before its time", () =>
    withSupervisor(async (_method, path) => {
      if (path === "/wait") await pause(3 * SILENCE_MS);
      return reply(200, path);
    }, async (host, home) => {
      const begin = performance.now();
      assertEquals(await askLong(host, home, { method: "GET", path: "/wait" }, 2 * SILENCE_MS), { kind: "late" });
      assert(performance.now() - begin >= 2 * SILENCE_MS - 5, "it gave up too early");
    }));

  it("takes the answer of a supervisor that lets nobody new in", () =>
    withSupervisor(async (_method, path) => {
      await pause(path === "/stop" ? 1.2 * SILENCE_MS : 0);
      return reply(200, path);
    }, async (host, home) => {
      const answer = askLong(host, home, { method: "POST", path: "/stop" }, 60_000);
      await pause(0.5 * SILENCE_MS);
      rmSync(instancePaths(home).controlSocket);
      assertEquals(await answer, { kind: "answer", response: { status: 200, body: "/stop" } });
    }));

  it("is absent when the supervisor refuses the request because it is exiting", () =>
    withSupervisor(
      () => Promise.resolve(reply(409, '{"error":{"facts":{"leaving":true}}}')),
      async (host, home) => {
        assertEquals(await askLong(host, home, { method: "POST", path: "/start" }, 60_000), { kind: "absent" });
      },
    ));

  it("is silent when nothing is answered at all", () =>
    withSupervisor(async () => {
      await pause(3 * SILENCE_MS);
      return reply(200, "");
    }, async (host, home) => {
      assertEquals(await askLong(host, home, { method: "GET", path: "/wait" }, 60_000), { kind: "silent" });
    }));

  it("is silent when the supervisor stops responding during the request", () => {
    let asked = 0;
    return withSupervisor(async (_method, path) => {
      if (path === "/stop" || asked++ > 0) await pause(8 * SILENCE_MS);
      return reply(200, path);
    }, async (host, home) => {
      assertEquals(await askLong(host, home, { method: "POST", path: "/stop" }, 60_000), { kind: "silent" });
      assertEquals(asked, 3);
    });
  });

  it("goes on when a single look is not answered in time", () => {
    let asked = 0;
    return withSupervisor(async (_method, path) => {
      if (path === "/stop") await pause(6 * SILENCE_MS);
      else if (asked++ === 1) await pause(8 * SILENCE_MS);
      return reply(200, path);
    }, async (host, home) => {
      const answer = await askLong(host, home, { method: "POST", path: "/stop" }, 60_000);
      assertEquals([answer.kind, asked >= 3], ["answer", true]);
    });
  });

  it("is absent when nobody listens", async () => {
    const home = mkdtempSync(join(tmpdir(), "sl-ask-"));
    assertEquals(await askLong(await currentHost(), home, { method: "GET", path: "/wait" }, 60_000), {
      kind: "absent",
    });
    rmSync(home, { recursive: true });
  });
});
