/** Runs beside the worker that stigmer-local started: `make test`, or `stigmer-local run -- npm test`. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { Client, Connection } from "@temporalio/client";
import { dataConverter } from "../src/codec.ts";
import { address, namespace, TASK_QUEUE } from "../src/connection.ts";
import type { fulfil } from "../src/workflows.ts";

test("an order is shipped", async () => {
  const connection = await Connection.connect({ address });
  try {
    const client = new Client({ connection, namespace, dataConverter });
    const workflow = { workflowId: randomUUID(), taskQueue: TASK_QUEUE, args: ["a book"] } as const;
    assert.equal(await client.workflow.execute<typeof fulfil>("fulfil", workflow), "a book: shipped");
  } finally {
    await connection.close();
  }
});
