import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { withTempDir } from "../platform/support.ts";
import { about, launch, type Running, until, withInstance } from "./support.ts";
import { runCaller } from "./support_callers.ts";
import { installTool } from "./support_examples.ts";

const EXAMPLE = fileURLToPath(new URL("../../examples/workflow", import.meta.url));
const { scripts } = JSON.parse(readFileSync(join(EXAMPLE, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};

about("deno", "the workflow example", () => {
  it("ships an order although Temporal is killed -9 while the order waits", () =>
    withTempDir((bin) =>
      withInstance(async (instance) => {
        const env = { PATH: installTool(bin), STIGMER_HOME: instance.home };
        const runScript = (name: string, ...args: string[]) =>
          launch(["sh", "-c", `exec ${scripts[name]} "$@"`, name, ...args], { cwd: EXAMPLE, env });
        const { temporal } = await instance.start(["--headless"]);
        const running: Running[] = [];
        try {
          const worker = runScript("worker");
          const launchRequest = runScript("order", "a hat", "4000");
          running.push(worker, launchRequest);
          await until("the goods are reserved", () => worker.stdout().includes("reserved a hat\n"));
          process.kill(temporal!.pid, "SIGKILL");
          assert(!worker.stdout().includes("shipped"), "it was killed too late");

          const { code, stdout, stderr } = await launchRequest.ended;
          assertEquals([code, stdout], [0, "goods of a hat: shipped\n"], stderr);
          assertEquals(worker.stdout().match(/^(reserved|shipped) .*$/gm), [
            "reserved a hat",
            "shipped goods of a hat",
          ]);
          const now = await instance.status();
          assertEquals([now.state, now.restarts, now.lastExit?.signal], ["running", 1, "SIGKILL"]);
          assertNotEquals(now.temporal?.pid, temporal!.pid);

          worker.kill("SIGTERM");
          const ended = await worker.ended;
          assertEquals(ended.code, 0, ended.stderr);
        } finally {
          for (const each of running) each.kill("SIGKILL");
        }
      })
    ));
});

about("node", "the workflow example's own tests", () => {
  it("pass on an ephemeral Temporal", () =>
    withTempDir(async (bin) => {
      const { code, stdout, stderr } = await runCaller(["npm", "test"], {
        cwd: EXAMPLE,
        env: { PATH: installTool(bin), TMPDIR: bin },
      });
      assertEquals(code, 0, stdout + stderr);
      assertMatch(stdout, /pass 1\b/);
      assertStringIncludes(stdout, "an order is shipped once it was reserved");
    }));
});
