import { writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type TestInstance, withInstance } from "./support.ts";
import { pidsOf, stopCleanly } from "./support_lifecycle.ts";

function configure({ paths }: TestInstance, ...lines: string[]): void {
  const head = ["backend:", "  local:", "    temporal:", "      dynamic_config:"];
  writeFileSync(paths.config, [...head, ...lines.map((line) => `        ${line}`)].join("\n") + "\n");
}

const IGNORED = "Temporal ignores the dynamic config value of limit.maxIDLength: value type is not int";

describe("dynamic config", () => {
  it("in the shape of Temporal's own files is the one value in it", async () => {
    await withInstance(async (instance) => {
      configure(instance, "limit.maxIDLength:", "  - value: 255", "    constraints: {}");
      const status = await instance.start(["--headless"]);
      assertEquals(status.warnings, undefined);
      const argv = instance.processes.argv(pidsOf(status).temporal)!;
      assert(argv.includes("limit.maxIDLength=255"), argv.join(" "));
      await stopCleanly(instance, status);
    });
  });

  it("that Temporal ignores is a warning of start, and of status until a launch without it", async () => {
    await withInstance(async (instance) => {
      const flag = ["--dynamic-config-value", 'limit.maxIDLength="many"'];
      const first = await instance.run(["start", "--headless", ...flag]);
      assertEquals(first.code, 0, first.stderr);
      assertStringIncludes(first.stderr, `warning: ${IGNORED}\n`);
      assertEquals((await instance.status()).warnings, [IGNORED]);
      const second = await instance.run(["restart", "--json", "--dynamic-config-value", "limit.maxIDLength=300"]);
      const status = JSON.parse(second.stdout);
      assertEquals([status.healthy, status.warnings], [true, undefined]);
      await stopCleanly(instance, status);
    });
  });
});
