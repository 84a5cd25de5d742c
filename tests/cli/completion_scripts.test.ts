import { describe, it } from "node:test";
import { assert, assertStringIncludes } from "@std/assert";
import { COMMANDS, flagsOf } from "../../lib/cli/command_specs.ts";
import { COMPLETION_SHELLS, renderCompletions } from "../../lib/cli/completion_scripts.ts";

describe("renderCompletions()", () => {
  for (const shell of COMPLETION_SHELLS) {
    it(`names every command and every flag for ${shell}`, () => {
      const script = renderCompletions(shell, "stigmer-local");
      for (const command of COMMANDS) {
        assert(new RegExp(`\\b${command.name}\\b`).test(script), command.name);
        for (const { name } of flagsOf(command)) {
          assertStringIncludes(script, shell === "fish" ? `-l ${name}` : `--${name}`);
        }
      }
    });
  }
});
