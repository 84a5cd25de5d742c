import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { assertEquals, assertMatch } from "@std/assert";
import { Client, Connection } from "@temporalio/client";
import type { Status } from "../../lib/instance/status/status.ts";
import { type Ended, launch, type Runtime, temporalBinary, toolCommand, until } from "../../tests/e2e/support.ts";
import { SERVER_VERSION } from "./binaries.ts";
import type { Cluster } from "./cluster.ts";
import { run } from "./run.ts";
import { startNap, startWorker } from "./worker.ts";

const RUNTIMES: readonly Runtime[] = ["deno", "node"];
const NAMESPACE = "orders";
const WORKFLOWS = 60;

/** Runs every applicable command on `cluster`, under both runtimes, and kills processes of it meanwhile. */
export async function tryCommands(cluster: Cluster, folder: string): Promise<void> {
  const home = join(folder, "home");
  mkdirSync(home, { mode: 0o700 });
  const tool = (runtime: Runtime, [command, ...args]: string[], env: Record<string, string> = {}): Promise<Ended> => {
    const where = ["--home", home, "--address", cluster.address, "--namespace", NAMESPACE];
    return launch([...toolCommand(runtime), command!, ...where, ...args], { env, cwd: folder }).ended;
  };
  const statusOf = async (runtime: Runtime) => {
    const { code, stdout } = await tool(runtime, ["status", "--json"]);
    return { code, status: JSON.parse(stdout) as Status };
  };

  const waiting = RUNTIMES.map((runtime) => tool(runtime, ["wait", "--timeout", "300"]));
  await until("the frontends serve", async () => (await statusOf("deno")).status.state === "unhealthy");
  const before = await statusOf("node");
  assertEquals([before.code, before.status.failure?.code], [4, "namespace-missing"]);
  step("status reports the missing namespace");

  await run([
    ...[temporalBinary(), "operator", "namespace", "create", "--namespace", NAMESPACE, "--retention", "24h"],
    ...["--address", cluster.address],
  ]);
  for (const { code, stdout, stderr } of await Promise.all(waiting)) assertEquals(code, 0, stdout + stderr);
  step("wait waited for the cluster and its namespace");

  for (const runtime of RUNTIMES) {
    for (const command of ["start", "status", "doctor"]) {
      const { code, stdout, stderr } = await tool(runtime, [command]);
      assertEquals(code, 0, `${command} on ${runtime}: ${stdout}${stderr}`);
    }
    const { status } = await statusOf(runtime);
    assertEquals([status.external?.serverVersion, status.managed, status.healthy], [SERVER_VERSION, false, true]);
    const listed = await tool(runtime, ["run", "--", temporalBinary(), "workflow", "list", "--output", "json"]);
    assertEquals([listed.code, JSON.parse(listed.stdout)], [0, []], listed.stderr);
    const printed = await tool(runtime, ["env", "--json"]);
    assertEquals(JSON.parse(printed.stdout).TEMPORAL_ADDRESS, cluster.address);
    const stopped = await tool(runtime, ["stop"]);
    assertEquals(stopped.code, 1);
    assertMatch(stopped.stderr, /`stop` cannot be used with an external Temporal/);
    step(`start, status, doctor, run, env and stop on ${runtime}`);
  }
  await runWorkflowsThroughKills(cluster, folder, async () => {
    for (const runtime of RUNTIMES) {
      const { code, status } = await statusOf(runtime);
      assertEquals([code, status.healthy], [0, true], JSON.stringify(status));
    }
  });
}

/** Workflows run all the time, and all of them complete. */
async function runWorkflowsThroughKills(
  cluster: Cluster,
  folder: string,
  assertHealthy: () => Promise<void>,
): Promise<void> {
  const { address, processes } = cluster;
  const connection = Connection.lazy({
    address,
    channelArgs: { "grpc.initial_reconnect_backoff_ms": 100, "grpc.max_reconnect_backoff_ms": 500 },
  });
  const client = new Client({ connection, namespace: NAMESPACE });
  const worker = await startWorker(address, NAMESPACE, folder);
  try {
    const ids = Array.from({ length: WORKFLOWS }, (_, number) => `nap-${number}`);
    const third = WORKFLOWS / 3;
    await Promise.all(ids.slice(0, third).map((id) => startNap(client, id)));
    await processes["frontend-1"].end("SIGKILL");
    await assertHealthy();
    step("a frontend was killed: the address still works");
    await Promise.all(ids.slice(third, 2 * third).map((id) => startNap(client, id)));
    await processes["history-1"].end("SIGKILL");
    await Promise.all(ids.slice(2 * third).map((id) => startNap(client, id)));
    step("a history process was killed: the other one took over its shards");
    await until(`${WORKFLOWS} workflows complete`, () => areComplete(client, ids));
    await assertHealthy();
    step(`all ${WORKFLOWS} workflows completed`);
  } finally {
    worker.kill("SIGTERM");
    await worker.ended;
    await connection.close();
  }
}

async function areComplete(client: Client, ids: readonly string[]): Promise<boolean> {
  const states = await Promise.all(ids.map(async (id) => {
    try {
      return (await client.workflow.getHandle(id).describe()).status.name;
    } catch {
      return "unknown"; // its shard is moving
    }
  }));
  return states.every((state) => state === "COMPLETED");
}

function step(text: string): void {
  console.log(`  ✓ ${text}`);
}
