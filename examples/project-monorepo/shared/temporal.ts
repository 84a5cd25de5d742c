/** What all services need of Temporal. */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Client, Connection } from "@temporalio/client";
import { NativeConnection, Worker, type WorkerOptions } from "@temporalio/worker";

const address = process.env["TEMPORAL_ADDRESS"] ?? "127.0.0.1:7233";

/** Runs the worker of the service in the folder of `module` until SIGTERM, on the task queue `service`. */
export async function runWorker(
  service: string,
  module: string,
  options: Pick<WorkerOptions, "activities"> = {},
): Promise<void> {
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    namespace: process.env["TEMPORAL_NAMESPACE"] ?? service, // that of the process, as the project file says
    taskQueue: service,
    workflowsPath: fileURLToPath(new URL("./workflows.ts", module)),
    shutdownGraceTime: "5 seconds", // less than the stop_timeout of the project file, 10 s by default
    ...options,
  });
  await worker.run();
  await connection.close();
}

/** Executes a workflow of `service`, in the namespace of that name, and returns its result. */
export async function execute(
  service: string,
  workflow: string,
  workflowId: string,
  input: string,
): Promise<string> {
  const connection = await Connection.connect({ address });
  try {
    const client = new Client({ connection, namespace: service });
    return await client.workflow.execute(workflow, {
      workflowId,
      taskQueue: service,
      args: [input],
      workflowIdConflictPolicy: "USE_EXISTING", // a retry waits for the one that runs
    });
  } finally {
    await connection.close();
  }
}
