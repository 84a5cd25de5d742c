import process from "node:process";
import { fileURLToPath } from "node:url";

/** The task queue of the orders. */
export const TASK_QUEUE = "orders";

/** The address that `stigmer-local run` sets, else the default one. */
export const address = process.env["TEMPORAL_ADDRESS"] ?? "127.0.0.1:7233";

/** The namespace that `stigmer-local run` sets, else the default one. */
export const namespace = process.env["TEMPORAL_NAMESPACE"] ?? "default";

/** The file from which the worker loads the workflows. */
export const workflowsPath = fileURLToPath(new URL("./workflows.ts", import.meta.url));
