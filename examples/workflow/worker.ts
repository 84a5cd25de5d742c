/** Processes orders until Ctrl-C. Gets Temporal's address from the environment: `stigmer-local run -- node --import tsx worker.ts`. */
import { NativeConnection, Worker } from "@temporalio/worker";
import * as activities from "./activities.ts";
import { address, namespace, TASK_QUEUE, workflowsPath } from "./orders.ts";

const connection = await NativeConnection.connect({ address });
const worker = await Worker.create({ connection, namespace, taskQueue: TASK_QUEUE, workflowsPath, activities });
console.log("working");
await worker.run();
await connection.close();
