import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { LocalError, startTemporal } from "../../mod.ts";
import { freePorts } from "../free_ports.ts";
import { isAlive, until } from "./support.ts";
import { killBoth, launchEphemeral } from "./support_callers.ts";
import { type TestFolder, withProjects } from "./support_projects.ts";

const NODE = process.env["STIGMER_TEST_NODE"]!;

/** A project whose processes write what they are given, and the second of which listens. */
async function writeProject({ write }: TestFolder): Promise<number> {
  const { port, uiPort } = await freePorts();
  write(
    "stigmer-local.yaml",
    "port: auto",
    "processes:",
    "  first:",
    `    command: echo "$TEMPORAL_ADDRESS $STIGMER_HOME $$" > first.txt; exec sleep 1000`,
    "  server:",
    `    command: ["${NODE}", -e, "require('net').createServer().listen(${port}, '127.0.0.1')"]`,
    `    port: ${port}`,
    "    depends_on: first",
    `  third: { command: exit 1, port: ${uiPort} }`,
  );
  return port;
}

describe("run --ephemeral --with", () => {
  it("has the named processes and what they depend on beside it, and nothing of them afterwards", () =>
    withProjects([], async (folder) => {
      await writeProject(folder);
      const script = 'echo "$TEMPORAL_ADDRESS"; stat=$(cat first.txt); echo "$stat"; exit 7';
      const args = ["run", "--ephemeral", "--with", "server", "--", "sh", "-c", script];
      const { code, stdout, stderr } = await folder.run(".", args);
      assertEquals(code, 7, stderr);
      const [address, seen] = stdout.trim().split("\n");
      const [given, home, pid] = seen!.split(" ");
      assertEquals(given, address);
      assert(!existsSync(home!), home);
      assert(!isAlive(Number(pid)));
    }));

  it("fails with the last words of one that exits, or for an unknown name, and leaves nothing", () =>
    withProjects([], async (folder) => {
      await writeProject(folder);
      const failed = await folder.run(".", ["run", "--ephemeral", "--with", "all", "--", "true"]);
      assertEquals(failed.code, 1, failed.stderr);
      assertStringIncludes(failed.stderr, "third exited before it was ready (exit code 1)");
      assert(!isAlive(Number(readFileSync(join(folder.path, "first.txt"), "utf8").trim().split(" ").at(-1))));
      const unknown = await folder.run(".", ["run", "--ephemeral", "--with", "servr", "--", "true"]);
      assertEquals([unknown.code, unknown.stderr.includes("Did you mean `server`?")], [2, true], unknown.stderr);
      assertEquals((await folder.run(".", ["run", "--with", "all", "--", "true"])).code, 2);
    }));

  it("does not run the command when a process is not ready in time", () =>
    withProjects([], async ({ write, run }) => {
      const { port } = await freePorts();
      write("stigmer-local.yaml", `processes: { deaf: { command: exec sleep 1000, port: ${port} } }`);
      const args = ["run", "--ephemeral", "--with", "deaf", "--timeout", "8", "--", "echo", "ran"];
      const { code, stdout, stderr } = await run(".", args);
      assertEquals([code, stdout], [1, ""]);
      assertMatch(stderr, /^error: Timed out after 8 s waiting for (deaf|Temporal)/); // the latter if that was so slow
    }));

  it("leaves nothing when it is killed", () =>
    withProjects([], async (folder) => {
      const port = await writeProject(folder);
      const env = { STIGMER_PROJECT: undefined, STIGMER_HOME: undefined };
      const running = await launchEphemeral("exec sleep 1000", { cwd: folder.path, env }, "--with", "server");
      const [, home, pid] = readFileSync(join(folder.path, "first.txt"), "utf8").trim().split(" ");
      await killBoth(running);
      await until("the process beside it is gone", () => !isAlive(Number(pid)));
      await until("the home is gone", () => !existsSync(home!));
      const next = await folder.run(".", ["run", "--ephemeral", "--with", "server", "--", "true"]);
      assertEquals(next.code, 0, `port ${port} is free again: ${next.stderr}`);
    }));
});

describe("processes of startTemporal()", () => {
  it("are ready beside the server, and end with it", () =>
    withProjects([], async ({ path }) => {
      const { port } = await freePorts();
      const serve = `require('net').createServer().listen(${port}, '127.0.0.1')`;
      const temporal = await startTemporal({
        ephemeral: true,
        processes: {
          worker: { command: "exec sleep 1000", directory: path, stopTimeout: "2s" },
          server: { command: [NODE, "-e", serve], port, dependsOn: "worker" },
        },
      });
      const { processes = [] } = await temporal.status();
      assertEquals(processes.map(({ name, ready }) => [name, ready]), [["worker", true], ["server", true]]);
      await temporal.stop();
      for (const { pid } of processes) assert(!isAlive(pid!));
    }));

  it("are checked as those of a project file", async () => {
    const bad = { worker: { command: "true", taskQueu: "orders" } } as Record<string, { command: string }>;
    const error = await assertRejects(() => startTemporal({ ephemeral: true, processes: bad }), LocalError);
    assertEquals(error.code, "usage");
    assertStringIncludes(error.message, "task_queu");
    assert(!error.message.includes("options:"), error.message);
  });
});
