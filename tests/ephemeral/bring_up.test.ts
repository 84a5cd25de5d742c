import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assertEquals, assertRejects } from "@std/assert";
import { type CommandContext, commandContext } from "../../lib/cli/context.ts";
import { bringUpEphemeral } from "../../lib/ephemeral/bring_up.ts";
import { LocalError } from "../../lib/errors/local_error.ts";
import { currentHost } from "../../lib/platform/runtime/current_host.ts";
import { parseCommandLine } from "../cli/parse_command_line.ts";
import { withTempDir } from "../platform/support.ts";

async function contextWith(flags: readonly string[]): Promise<CommandContext> {
  const args = ["run", "--ephemeral", ...flags, "--", "true"];
  const surroundings = { env: { HOME: "/nowhere", ...process.env }, cwd: "/" };
  return commandContext(await currentHost(), parseCommandLine(args, surroundings));
}

/** How often an ephemeral instance is tried whose ports somebody takes each time; `lost` says which of them. */
async function countTries(flags: readonly string[], lost: "port" | "uiPort" | "metricsPort"): Promise<number> {
  const context = await contextWith(flags);
  let tries = 0;
  const error = await assertRejects(
    () =>
      bringUpEphemeral(context, null, ({ requested }) => {
        tries++;
        return Promise.reject(new LocalError("port-taken", "taken", { facts: { port: requested[lost] } }));
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

  it("says why it failed, also where the home can't be removed", async () => {
    const context = await contextWith([]);
    await withTempDir(async (folder) => {
      const temporary = process.env["TMPDIR"];
      process.env["TMPDIR"] = join(folder, "tmp");
      mkdirSync(join(folder, "tmp"));
      try {
        const failing = bringUpEphemeral(context, null, ({ home }) => {
          rmSync(dirname(home), { recursive: true });
          writeFileSync(dirname(home), ""); // ENOTDIR for whatever is asked of the home
          return Promise.reject(new LocalError("launch-failed", "the reason"));
        });
        await assertRejects(() => failing, LocalError, "the reason");
      } finally {
        if (temporary === undefined) delete process.env["TMPDIR"];
        else process.env["TMPDIR"] = temporary;
      }
    });
  });
});
