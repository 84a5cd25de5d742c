import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { freePort } from "../../../lib/platform/net/free_port.ts";
import { canBind } from "../../../lib/platform/net/probe_port.ts";
import { isLinux } from "../support.ts";

describe("freePort()", () => {
  it("gives a port that can be used at once", async () => {
    const port = await freePort();
    assert(port > 1023 && port < 65536);
    assertEquals(await canBind("127.0.0.1", port), "free");
  });

  it("gives no port twice within a minute, however many ask", { skip: !isLinux }, async () => {
    const ports: number[] = [];
    while (ports.length < 2000) ports.push(...await Promise.all(Array.from({ length: 50 }, () => freePort())));
    assertEquals(new Set(ports).size, ports.length);
  });
});
