import { assertEquals, assertRejects } from "@std/assert";
import process from "node:process";
import { describe, it } from "node:test";
import { parseCommandLine } from "../../lib/core/command_line.ts";
import { LocalError } from "../../lib/core/local_error.ts";
import { commandContext } from "../../lib/commands/context.ts";
import { bringUpEphemeral } from "../../lib/commands/ephemeral_order.ts";
import { currentHost } from "../../lib/system/host.ts";

/** How often an ephemeral instance is tried whose ports somebody takes each time; `lost` says which of them. */
async function countTries(flags: readonly string[], lost: "port" | "uiPort" | "metricsPort"): Promise<number> {
  const args = ["run", "--ephemeral", ...flags, "--", "true"];
  const surroundings = { env: { HOME: "/nowhere", ...process.env }, cwd: "/" };
  const context = commandContext(await currentHost(), parseCommandLine(args, surroundings));
  let tries = 0;
  const error = await assertRejects(
    () =>
      bringUpEphemeral(context, ({ asked }) => {
        tries++;
        return Promise.reject(new LocalError("port-taken", "taken", { facts: { port: asked[lost] } }));
      }),
    LocalError,
  );
  assertEquals(error.code, "port-taken");
  return tries;
}

describe("bringUpEphemeral()", () => {
  it("tries a port that a flag names once, and others where any will do", async () => {
    assertEquals(await countTries(["--port", "7300"], "port"), 1);
    assertEquals(await countTries(["--port", "7300", "--ui-port", "7301"], "uiPort"), 1);
    assertEquals(await countTries(["--metrics-port", "7302"], "metricsPort"), 1);
    assertEquals(await countTries([], "port"), 8);
    assertEquals(await countTries(["--ui-port", "7301"], "port"), 8);
    assertEquals(await countTries(["--port", "auto"], "port"), 8);
  });
});
