import process from "node:process";
import { describe, it } from "node:test";
import { assert } from "@std/assert";
import { currentHost } from "../../../lib/platform/runtime/current_host.ts";

describe("Host.write()", () => {
  it("leaves nothing behind, so that `status --watch` can write all day", async () => {
    const host = await currentHost();
    const before = process.stderr.listenerCount("error");
    for (let count = 0; count < 20; count++) await host.write("stderr", "");
    const after = process.stderr.listenerCount("error");
    assert(after <= before + 1, `${before} listeners became ${after}`);
  });
});
