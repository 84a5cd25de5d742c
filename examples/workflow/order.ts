/** Places an order and waits for its delivery: `order.ts [ORDER [REFLECTION-MS]]`. */
import process from "node:process";
import { Client, Connection } from "@temporalio/client";
import { address, namespace, TASK_QUEUE } from "./orders.ts";
import type { fulfil } from "./workflows.ts";

const [order = "a book", reflectionMs = "5000"] = process.argv.slice(2);
const connection = await Connection.connect({ address });
const client = new Client({ connection, namespace });
const delivery = await client.workflow.execute<typeof fulfil>("fulfil", {
  workflowId: `order ${order}`,
  taskQueue: TASK_QUEUE,
  args: [order, Number(reflectionMs)],
});
console.log(delivery);
await connection.close();
