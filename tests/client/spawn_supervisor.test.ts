import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { startupError } from "../../lib/client/spawn_supervisor.ts";

describe("startupError()", () => {
  it("reports how a supervisor exited that left no reason, and its last output", () => {
    const output = ["1", "2", "3", "4", "5", "Error: no such flag"].join("\n");
    const { code, message, facts, hint } = startupError(
      { code: 70, signal: null },
      null,
      `${output}\n`,
      "/h/logs/a.log",
    );
    assertEquals([code, message], ["launch-failed", "The supervisor exited during startup (exit code 70)"]);
    assertEquals(facts["lastWords"], ["2", "3", "4", "5", "Error: no such flag"]);
    assertEquals(hint?.includes("/h/logs/a.log"), true);
  });

  it("reports the reason that it left", () => {
    const failure = { code: "port-taken", message: "Port 7233 is taken" } as const;
    const { code, message } = startupError({ code: 1, signal: null }, failure, "", null);
    assertEquals([code, message], ["port-taken", "Port 7233 is taken"]);
  });

  it("says that the start was stopped where the supervisor exited as it was told to", () => {
    assertEquals(startupError({ code: 0, signal: null }, null, "", null).code, "interrupted");
  });
});
