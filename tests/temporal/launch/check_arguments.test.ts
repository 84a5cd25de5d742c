import { describe, it } from "node:test";
import { assertEquals, assertRejects } from "@std/assert";
import { LocalError } from "../../../lib/errors/local_error.ts";
import { refuseBadArguments } from "../../../lib/temporal/launch/check_arguments.ts";
import { realTemporal } from "../../support.ts";

const refuse = (binary: string, ...args: string[]) => refuseBadArguments(binary, ["server", "start-dev", ...args]);

describe("refuseBadArguments()", () => {
  it("passes what the real binary understands", async () => {
    await refuse(realTemporal(), "--sqlite-pragma", "synchronous=1", "--log-format", "json", "--log-config");
  });

  it("refuses a flag, a value and a flag without its value that it does not understand, and starts nothing", async () => {
    const cases: [args: string[], message: RegExp][] = [
      [["--port", "7233", "--bad-flag"], /^Temporal failed to start: unknown flag: --bad-flag$/],
      [["--bad-flag"], /^Temporal failed to start: unknown flag: --bad-flag$/],
      [["--sqlite-pragma", "synchronous=1", "-x"], /^Temporal failed to start: unknown shorthand flag: 'x' in -x$/],
      [["--log-format", "poem"], /^Temporal failed to start: invalid argument "poem" for "--log-format" flag/],
      [["--sqlite-pragma"], /^Temporal failed to start: flag needs an argument: --sqlite-pragma$/],
    ];
    for (const [args, message] of cases) {
      const error = await assertRejects(() => refuse(realTemporal(), ...args), LocalError);
      assertEquals(
        [error.code, error.facts["cause"], message.test(error.message)],
        ["launch-failed", "bad-flag", true],
        error.message,
      );
    }
  });

  it("leaves a binary that can't be run to the launch", () => refuse("/nowhere/temporal", "--bad-flag"));
});
