import { describe, it } from "node:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { until } from "./support.ts";
import { withProjects } from "./support_projects.ts";

describe("start that waits for a process beside Temporal", () => {
  it("says that it was stopped, when a stop comes first", () =>
    withProjects(["app/.stigmer"], async ({ write, run }) => {
      write(
        "app/stigmer-local.yaml",
        "port: auto",
        "headless: true",
        'processes: { deaf: { command: "exec sleep 600", port: 1 } }',
      );
      const starting = run("app", ["start", "--json"]);
      await until("the process runs", async () => {
        const { stdout } = await run("app", ["status", "--json"]);
        return typeof JSON.parse(stdout).processes?.[0]?.pid === "number";
      });
      assertEquals((await run("app", ["stop"])).code, 0);
      const { code, stdout } = await starting;
      assertEquals(code, 1, stdout);
      assertStringIncludes(JSON.parse(stdout).error.code, "interrupted");
      assertEquals((await run("app", ["status"])).code, 3);
    }));
});
