import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Client } from "@temporalio/client";
import { delay } from "../../lib/platform/runtime/delay.ts";
import { launch, type Running } from "../../tests/e2e/support.ts";
import { run } from "./run.ts";

const TASK_QUEUE = "cluster-test";
/** Timeout of a call, which a dying process may never answer, in ms. */
const CALL_MS = 10_000;

/** Starts a worker of the SDK for the workflow `nap`. Its bundled code is put into `folder`. */
export async function startWorker(address: string, namespace: string, folder: string): Promise<Running> {
  const bundle = join(folder, "bundled.cjs");
  const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  const fixture = (name: string) => [process.execPath, pathOf(`../../tests/fixtures/${name}`)];
  await run([...fixture("bundle_workflows.cjs"), pathOf("workflows.cjs"), bundle]);
  return launch([...fixture("worker.cjs"), bundle], {
    env: { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, TASK_QUEUE },
  });
}

/** Starts the workflow `workflowId`, retrying until Temporal acknowledges it. */
export async function startNap(client: Client, workflowId: string): Promise<void> {
  for (;;) {
    try {
      await client.connection.withDeadline(
        Date.now() + CALL_MS,
        () => client.workflow.start("nap", { workflowId, taskQueue: TASK_QUEUE, args: [] }),
      );
      return;
    } catch (error) {
      if (error instanceof Error && error.name === "WorkflowExecutionAlreadyStartedError") return;
      await delay(200);
    }
  }
}
