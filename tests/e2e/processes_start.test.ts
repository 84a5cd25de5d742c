import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { freePort } from "../free_ports.ts";
import { toolCommand, until } from "./support.ts";
import { withProjects } from "./support_projects.ts";

const LISTENER = fileURLToPath(new URL("../fixtures/listener.mjs", import.meta.url));

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

  it("launches it again when it exits because Temporal died meanwhile", () =>
    withProjects(["app/.stigmer"], async ({ write, statusOf, run }) => {
      const port = await freePort();
      write(
        "app/worker.sh",
        'if [ -e killed ]; then exec "$@"; fi',
        "touch killed",
        "kill -9 $(head -n 1 .stigmer/temporal.pid)",
        "exit 1",
      );
      const [node] = toolCommand("node");
      write(
        "app/stigmer-local.yaml",
        "port: auto",
        "headless: true",
        `processes: { worker: { command: ["sh", "worker.sh", "${node}", "${LISTENER}", "${port}"], port: ${port} } }`,
      );
      const started = await statusOf("app", "start");
      const [worker] = started.processes!;
      assertEquals([started.restarts, worker!.ready, worker!.restarts], [1, true, 1]);
      assertEquals((await run("app", ["stop"])).code, 0);
    }));
});
