// test: seconds 600
import { spawnSync } from "node:child_process";
import { constants, copyFileSync, lstatSync, mkdirSync, readlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { realPath } from "../../lib/instance/registry/registry.ts";
import { freePorts } from "../free_ports.ts";
import { type Ended, launch, ownTool, temporalBinary, type TestInstance, until, withInstance } from "./support.ts";
import { sharedInstance } from "./support_shared.ts";

/** The command line of `temporal …` for this instance, whose flags come before the name of the command. */
function temporal({ home }: TestInstance, ...args: string[]): string[] {
  return ownTool("--home", home, "temporal", ...args);
}

function run(instance: TestInstance, ...args: string[]): Promise<Ended> {
  return launch(temporal(instance, ...args)).ended;
}

/** A command for `run` that prints which `temporal` is first on PATH, and asks it. */
const WHICH = ["--", "sh", "-c", "command -v temporal; temporal workflow count --namespace default"];

describe("temporal on a running instance", () => {
  const instance = sharedInstance("--headless", "--namespace", "orders", "--namespace", "billing");

  it("runs Temporal's own CLI against the instance, arguments untouched, and exits as it did", async () => {
    const env = { TEMPORAL_ADDRESS: "cloud.invalid:7233", TEMPORAL_API_KEY: "k" };
    const listed = await launch(temporal(instance, "workflow", "list", "--output", "json"), { env }).ended;
    assertEquals([listed.code, listed.stdout], [0, "[\n]\n"], listed.stderr);
    const described = await run(instance, "operator", "namespace", "describe", "-n", "orders", "--output", "json");
    assertEquals(JSON.parse(described.stdout).namespaceInfo.name, "orders", described.stderr);
    const selected = await launch([
      ...ownTool("--home", instance.home, "--namespace", "billing", "temporal"),
      ...["workflow", "start", "--type", "T", "--task-queue", "q", "--workflow-id", "one"],
    ]).ended;
    assertEquals(selected.code, 0, selected.stderr);
    assertMatch(selected.stdout, /Namespace +billing/);
    assertEquals((await run(instance, "workflow", "describe", "-w", "one")).code, 1); // not in `orders`
    assertEquals((await run(instance, "workflow", "describe", "-w", "one", "-n", "billing")).code, 0);
    assertEquals((await run(instance, "no-such-command")).code, 1);
  });

  it("passes stdin, and its own --help and --json, which Temporal's CLI reads itself", async () => {
    await run(instance, "workflow", "start", "--type", "T", "--task-queue", "q", "--workflow-id", "two");
    const terminate = temporal(instance, "workflow", "terminate", "--query", "WorkflowType='T'");
    for (const [answer, code] of [["n", 1], ["y", 0]] as const) {
      const line = ["sh", "-c", `echo ${answer} | "$@"`, "sh", ...terminate];
      const ended = await launch(line).ended;
      assertEquals(ended.code, code, ended.stderr);
      assertStringIncludes(ended.stdout, "y/N");
    }
    const own = spawnSync(temporalBinary(), ["workflow", "list", "--help"], { encoding: "utf8" });
    assertEquals((await run(instance, "workflow", "list", "--help")).stdout, own.stdout);
    const unknown = await run(instance, "workflow", "list", "--json");
    assertEquals(unknown.code, 1);
    assertStringIncludes(unknown.stderr, "unknown flag: --json");
  });

  it("connects to it as an external Temporal, too", () =>
    withInstance(async (other) => {
      const line = ownTool("--home", other.home, "--address", instance.started.address, "temporal");
      const counted = await launch([...line, "workflow", "count"]).ended;
      assertEquals([counted.code, counted.stdout], [0, "Total: 0\n"], counted.stderr);
      assertEquals((await other.status()).state, "stopped");
    }));

  it("completes what Temporal's own CLI completes", async () => {
    const words = ["--home", instance.home, "temporal", "workflow", "terminat"];
    const { stdout } = await launch(ownTool("__complete", ...words)).ended;
    assertMatch(stdout, /^terminate\t.*\n$/);
  });

  it("is first on the PATH of a command of `run`, whatever its file is called", async () => {
    const link = instance.paths.temporalLink;
    assertEquals(readlinkSync(link), realPath(temporalBinary()));
    const first = await instance.run(["run", ...WHICH]);
    assertEquals([first.code, first.stdout], [0, `${link}\nTotal: 0\n`], first.stderr);
    const direct = await instance.run(["run", "--namespace", "default", "--", "temporal", "workflow", "count"]);
    assertEquals([direct.code, direct.stdout], [0, "Total: 0\n"], direct.stderr);

    const other = join(instance.home, "another");
    copyFileSync(temporalBinary(), other, constants.COPYFILE_FICLONE);
    const restarted = await instance.run(["restart", "--temporal-bin", other]);
    assertEquals(restarted.code, 0, restarted.stderr);
    assertEquals(readlinkSync(link), realPath(other));
  });
});

describe("temporal", () => {
  it("starts the instance if it does not run, but not to show help", () =>
    withInstance(async (instance) => {
      const shown = await run(instance, "--help");
      assertEquals(shown.code, 0, shown.stderr);
      assertStringIncludes(shown.stdout, "temporal [command]");
      assertMatch((await run(instance, "--version")).stdout, /^temporal version /);
      assertEquals((await instance.status()).state, "stopped");
      const ports = ["--port", `${instance.port}`, "--headless"];
      const line = ownTool("--home", instance.home, ...ports, "temporal", "workflow", "count");
      const counted = await launch(line).ended;
      assertEquals([counted.code, counted.stdout], [0, "Total: 0\n"], counted.stderr);
      assertEquals((await instance.status()).state, "running");
      const help = await instance.run(["help", "temporal"]);
      assertStringIncludes(help.stdout, "stigmer-local [FLAGS] temporal [ARGUMENTS …]");
    }));

  it("forwards signals", () =>
    withInstance(async (instance) => {
      const { port } = await freePorts();
      const running = launch(temporal(instance, "server", "start-dev", "--headless", "--port", `${port}`));
      await until("it listens", () => instance.processes.listeners(port).length > 0);
      running.kill("SIGTERM");
      assertEquals((await running.ended).code, 0);
      assertEquals(instance.processes.listeners(port), []);
    }));
});

describe("the command of run", () => {
  it("finds the temporal of an ephemeral instance first on PATH", async () => {
    const { code, stdout, stderr } = await launch(ownTool("run", "--ephemeral", ...WHICH)).ended;
    assertEquals(code, 0, stderr);
    assertMatch(stdout, /stigmer-ephemeral-.*\/run-path\/temporal\nTotal: 0\n$/);
  });

  it("uses the PATH of the caller if something else is in the place of the link, which stays", () =>
    withInstance(async (instance) => {
      const link = instance.paths.temporalLink;
      mkdirSync(dirname(link), { mode: 0o700 });
      writeFileSync(link, "#!/bin/sh\necho mine\n", { mode: 0o755 });
      await instance.start(["--headless"]);
      assertEquals(lstatSync(link).isFile(), true);
      assertEquals((await instance.run(["run", "--", "temporal"])).stdout, "mine\n");
      assertEquals(process.env["PATH"]?.includes("run-path"), false);
    }));
});
