import { describe, it } from "node:test";
import { assertEquals, assertRejects } from "@std/assert";
import { askSupervisor } from "../../lib/control/client.ts";
import { currentHost } from "../../lib/platform/runtime/current_host.ts";
import type { Host } from "../../lib/platform/runtime/host.ts";

describe("askSupervisor()", () => {
  for (const code of ["ENOENT", "ECONNREFUSED", "ECONNRESET", "EPIPE", "ELOOP"]) {
    it(`takes ${code} for nobody: a supervisor that was killed may have had the connection in its queue`, async () => {
      assertEquals(await askSupervisor(await refusing(code), "/nowhere", "GET", "/status"), { kind: "absent" });
    });
  }

  it("does not hide what it does not know", async () => {
    const host = await refusing("EMFILE");
    await assertRejects(() => askSupervisor(host, "/nowhere", "GET", "/status"), Error, "EMFILE");
  });
});

/** A host on which every connection fails with `code`. */
async function refusing(code: string): Promise<Host> {
  const host = await currentHost();
  return { ...host, connect: () => Promise.reject(Object.assign(new Error(`connect ${code}`), { code })) };
}
