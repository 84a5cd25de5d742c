import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { assertEquals } from "@std/assert";
import type { GrpcChannel } from "../../lib/grpc/channel.ts";
import { protobufMessage } from "../../lib/grpc/protobuf.ts";
import { DEADLINE_MS, temporalBinary, type TestInstance, until } from "./support.ts";
import { openChannel } from "./support_lifecycle.ts";

const SERVICE = "/temporal.api.workflowservice.v1.WorkflowService";

/** Starts a workflow without a worker; resolves when Temporal has acknowledged it. */
export async function startWorkflow(channel: GrpcChannel, id: string): Promise<void> {
  const [workflow, queue] = [protobufMessage([1, "Wait"]), protobufMessage([1, "no-worker"])];
  const request = protobufMessage([1, "default"], [2, id], [3, workflow], [4, queue], [10, crypto.randomUUID()]);
  const reply = await channel.call(`${SERVICE}/StartWorkflowExecution`, request, DEADLINE_MS);
  assertEquals(reply.status, 0, `${id}: ${reply.statusMessage}`);
}

async function hasWorkflow(channel: GrpcChannel, id: string): Promise<boolean> {
  const request = protobufMessage([1, "default"], [2, protobufMessage([1, id])]);
  const reply = await channel.call(`${SERVICE}/DescribeWorkflowExecution`, request, DEADLINE_MS);
  if (reply.status !== 5) assertEquals(reply.status, 0, `${id}: ${reply.statusMessage}`);
  return reply.status === 0;
}

/** Whether workflows can be listed, which fails on a database whose schema was cut off late, although it is SERVING. */
export async function canCountWorkflows(channel: GrpcChannel): Promise<boolean> {
  const request = protobufMessage([1, "default"]);
  return (await channel.call(`${SERVICE}/CountWorkflowExecutions`, request, DEADLINE_MS)).status === 0;
}

/** Runs `body` with a channel to the instance, when the namespace can be used. */
export async function withChannel<T>(
  instance: TestInstance,
  body: (channel: GrpcChannel) => Promise<T>,
): Promise<T> {
  const channel = await openChannel(instance);
  try {
    await until("the namespace is known", () => canCountWorkflows(channel));
    return await body(channel);
  } finally {
    channel.close();
  }
}

/** Starts workflows with these ids, one after another. */
export function startWorkflows(instance: TestInstance, ids: readonly string[]): Promise<void> {
  return withChannel(instance, async (channel) => {
    for (const id of ids) await startWorkflow(channel, id);
  });
}

/** Those of the workflows `ids` that the instance has. */
export function workflowsOf(instance: TestInstance, ids: readonly string[]): Promise<string[]> {
  return withChannel(instance, async (channel) => {
    const found: string[] = [];
    for (const id of ids) if (await hasWorkflow(channel, id)) found.push(id);
    return found;
  });
}

/** The output of Temporal's own command-line tool, as an independent witness. */
export function askTemporal(instance: TestInstance, ...args: string[]): string {
  const address = ["--address", `127.0.0.1:${instance.port}`];
  return execFileSync(temporalBinary(), [...args, ...address], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** The custom search attributes of a namespace, `KEY=TYPE` each. */
export function searchAttributes(instance: TestInstance, namespace: string): string[] {
  const listed = askTemporal(instance, "operator", "search-attribute", "list", "--namespace", namespace, "-o", "json");
  const { customAttributes = {} } = JSON.parse(listed) as { customAttributes?: Record<string, string> };
  return Object.entries(customAttributes).map(([key, type]) => `${key}=${type}`).sort();
}

/** A client that starts one workflow after another until `end` is called. */
export interface Writer {
  /** The workflows that Temporal has acknowledged so far. */
  written: readonly string[];
  /** Stops; rejects when a start had failed. */
  stop(): Promise<void>;
}

/** Begins, and waits for the first workflow. */
export async function beginWriting(instance: TestInstance, prefix: string): Promise<Writer> {
  const written: string[] = [];
  let isOver = false;
  const writing = withChannel(instance, async (channel) => {
    while (!isOver) {
      const id = `${prefix}-${written.length}`;
      await startWorkflow(channel, id);
      written.push(id);
    }
  });
  let failure: unknown = null;
  writing.catch((error: unknown) => failure = error);
  await until("a workflow is written", () => written.length > 0 || failure !== null);
  return {
    written,
    stop: async () => {
      isOver = true;
      await writing;
    },
  };
}

/** The files beside the instance's database, without its lock and SQLite's own files. */
export function besideDatabase(instance: TestInstance): string[] {
  const database = instance.paths.defaultDatabase;
  const own = new Set(
    ["", ".lock", ".server", "-journal", "-wal", "-shm"].map((suffix) => basename(database) + suffix),
  );
  return readdirSync(dirname(database)).filter((name) => !own.has(name)).map((name) => join(dirname(database), name));
}
