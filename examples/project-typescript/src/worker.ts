import { fileURLToPath } from "node:url";
import { NativeConnection, Worker } from "@temporalio/worker";
import * as activities from "./activities.ts";
import { dataConverter } from "./codec.ts";
import { address, namespace, TASK_QUEUE } from "./connection.ts";

const connection = await NativeConnection.connect({ address });
const worker = await Worker.create({
  connection,
  namespace,
  taskQueue: TASK_QUEUE,
  workflowsPath: fileURLToPath(new URL("./workflows.ts", import.meta.url)),
  activities,
  dataConverter,
  shutdownGraceTime: "5 seconds", // less than the stop_timeout of the project file, 10 s by default
});
await worker.run(); // until SIGTERM
await connection.close();
