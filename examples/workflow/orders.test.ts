/** The project's workflow tests, on an ephemeral Temporal: `npm test`. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { Client, Connection } from "@temporalio/client";
import { NativeConnection, Worker } from "@temporalio/worker";
import { address, namespace, workflowsPath } from "./orders.ts";
import type { fulfil } from "./workflows.ts";

test("an order is shipped once it was reserved", async () => {
  const calls: string[] = [];
  const activities = {
    reserve: (order: string) => {
      calls.push(`reserve ${order}`);
      return Promise.resolve("goods");
    },
    ship: (goods: string) => {
      calls.push(`ship ${goods}`);
      return Promise.resolve("done");
    },
  };
  const taskQueue = randomUUID();
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  try {
    const worker = await Worker.create({ connection: native, namespace, taskQueue, workflowsPath, activities });
    const client = new Client({ connection, namespace });
    const result = await worker.runUntil(
      client.workflow.execute<typeof fulfil>("fulfil", { workflowId: randomUUID(), taskQueue, args: ["a book", 1] }),
    );
    assert.equal(result, "done");
    assert.deepEqual(calls, ["reserve a book", "ship goods"]);
  } finally {
    await connection.close();
    await native.close();
  }
});
