import { createServer, type Server } from "node:net";
import { describe, it } from "node:test";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { LocalError } from "../../../lib/errors/local_error.ts";
import { answersAt, canBind, freePort } from "../../../lib/platform/net/probe_port.ts";
import { isLinux } from "../../portable.ts";

describe("canBind()", () => {
  it("says that a port is free, and leaves it free", async () => {
    const port = await freePort();
    for (let round = 0; round < 3; round++) assertEquals(await canBind("127.0.0.1", port), "free");
    await withServer("127.0.0.1", port, () => {});
  });

  it("says that a port is taken on its own address and on all, not on another", async () => {
    const port = await freePort();
    await withServer("127.0.0.1", port, async () => {
      assertEquals(await canBind("127.0.0.1", port), "taken");
      assertEquals(await canBind("0.0.0.0", port), "taken");
      if (isLinux) assertEquals(await canBind("127.0.0.2", port), "free"); // macOS has 127.0.0.1 alone
      assertEquals(await canBind("::1", port), "free");
    });
    assertEquals(await canBind("127.0.0.1", port), "free");
  });

  it("sees a foreign process on all addresses of a Mac, beside which listening succeeds", async () => {
    const port = await freePort();
    const asked: string[] = [];
    const answers = (isThere: boolean) => (host: string) => {
      asked.push(host);
      return Promise.resolve(isThere);
    };
    for (const host of ["127.0.0.1", "0.0.0.0"]) {
      assertEquals(await canBind(host, port, "darwin", answers(true)), "taken");
      assertEquals(await canBind(host, port, "darwin", answers(false)), "free");
      assertEquals(await canBind(host, port, "linux", answers(true)), "free");
    }
    assertEquals(asked, ["127.0.0.1", "127.0.0.1", "0.0.0.0", "0.0.0.0"]);
    assertEquals(await canBind("127.0.0.1", port, "darwin"), "free");
  });

  it("refuses what is not an address of this machine", async () => {
    for (const host of ["203.0.113.7", "no-such-host.invalid", "300.1.1.1", "fe80::1:2:3:4"]) {
      const error = await assertRejects(() => canBind(host, 7233), LocalError, `Cannot listen on ${host}, port 7233`);
      assertEquals([error.code, error.facts["host"]], ["launch-failed", host]);
    }
  });
});

describe("answersAt()", () => {
  it("connects where a client would, also for the address that stands for all", async () => {
    const port = await freePort();
    for (const host of ["127.0.0.1", "0.0.0.0", "::1", "::"]) assertEquals(await answersAt(host, port), false, host);
    await withServer("127.0.0.1", port, async () => {
      assertEquals([await answersAt("127.0.0.1", port), await answersAt("0.0.0.0", port)], [true, true]);
      assertEquals(await answersAt("::1", port), false);
    });
  });
});

describe("freePort()", () => {
  it("gives a port that can be used at once", async () => {
    const port = await freePort();
    assert(port > 1023 && port < 65536);
    assertEquals(await canBind("127.0.0.1", port), "free");
  });
});

function listen(host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, host, () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

async function withServer(host: string, port: number, body: () => Promise<void> | void): Promise<void> {
  const server = await listen(host, port);
  try {
    await body();
  } finally {
    await close(server);
  }
}
