import { assert } from "@std/assert";
import process from "node:process";
import { describe, it } from "node:test";
import { currentHost } from "../../lib/system/host.ts";

describe("Host.write()", () => {
  it("leaves nothing behind, so that `status --watch` can write all day", async () => {
    const host = await currentHost();
    for (let count = 0; count < 20; count++) await host.write("stderr", "");
    assert(process.stderr.listenerCount("error") <= 1, `${process.stderr.listenerCount("error")} listeners`);
  });
});
