import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { withTempDir } from "../support.ts";
import { about, type Ended, launch, until } from "./support.ts";
import { runCaller } from "./support_callers.ts";
import { installTool } from "./support_examples.ts";
import { installNpmPackages, pytestPrograms } from "./support_packages.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples", import.meta.url));

interface Suite {
  folder: string;
  env: Record<string, string>;
  call(...command: string[]): Promise<Ended>;
}

/** Runs `body` with a copy of the example; afterwards no ephemeral instance may be left. */
function withSuite(example: string, body: (suite: Suite) => Promise<void>): Promise<void> {
  return withTempDir(async (base) => {
    const [folder, temporary] = [join(base, "project"), join(base, "tmp")];
    cpSync(join(EXAMPLES, example), folder, { recursive: true });
    mkdirSync(temporary);
    const env = { PATH: installTool(join(base, "bin")), TMPDIR: temporary, STIGMER_HOME: join(base, "home") };
    await body({ folder, env, call: (...command) => runCaller(command, { cwd: folder, env }) });
    await until(
      "no instance is left",
      () => readdirSync(temporary).every((name) => !name.startsWith("stigmer-ephemeral-")),
    );
  });
}

// Test runners for Node use the library on Node; the others use the command, which is tested on Deno.
about("node", "the examples for test suites in JavaScript", () => {
  for (const [runner, passed] of [["vitest", /Tests {2}1 passed/], ["jest", /Tests: +1 passed, 1 total/]] as const) {
    it(`${runner}: its global setup gives all tests one ephemeral Temporal`, (context) =>
      withSuite(runner, async ({ folder, call }) => {
        const why = await installNpmPackages(folder);
        if (why !== null) return context.skip(why);
        const { code, stdout, stderr } = await call("npm", "test");
        assertEquals(code, 0, stdout + stderr);
        assertMatch(stdout + stderr, passed);
      }));
  }
});

about("deno", "the examples for test suites in other languages", () => {
  it("pytest: a fixture gives all tests one ephemeral Temporal, which ends with pytest, also by kill -9", (context) =>
    withSuite("pytest", async ({ folder, env, call }) => {
      const programs = pytestPrograms();
      if ("why" in programs) return context.skip(programs.why);
      env["PATH"] = [programs.bin, env["PATH"]].join(delimiter);
      const { code, stdout, stderr } = await call("pytest", "-q");
      assertEquals(code, 0, stdout + stderr);
      assertStringIncludes(stdout, "1 passed");

      writeFileSync(join(folder, "test_slow.py"), "import time\ndef test_slow(): time.sleep(1000)\n");
      const slow = launch(["pytest", "test_slow.py"], { cwd: folder, env });
      await until("Temporal runs", () => readdirSync(env["TMPDIR"]!).some((name) => name.startsWith("stigmer-")));
      process.kill(slow.pid, "SIGKILL");
      await slow.ended;

      env["STIGMER_TEMPORAL_BIN"] = "/nowhere";
      const failed = await call("pytest", "-q", "test_temporal.py");
      assertEquals(failed.code, 1);
      assertStringIncludes(failed.stdout + failed.stderr, "stigmer-local could not start Temporal");
    }));

  it("Go: TestMain gives all tests of a package one ephemeral Temporal", (context) =>
    withSuite("go-test", async ({ env, call }) => {
      if (spawnSync("go", ["version"]).error !== undefined) return context.skip("Go is not installed");
      const { code, stdout, stderr } = await call("go", "test", "-count=1", "-v", "./...");
      assertEquals(code, 0, stdout + stderr);
      assertStringIncludes(stdout, "--- PASS: TestTemporalAcceptsConnections");

      env["STIGMER_TEMPORAL_BIN"] = "/nowhere";
      const failed = await call("go", "test", "-count=1", "./...");
      assertEquals(failed.code, 1);
      assertStringIncludes(failed.stdout + failed.stderr, "stigmer-local could not start Temporal");
    }));
});
