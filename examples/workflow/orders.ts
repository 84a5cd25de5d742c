import process from "node:process";
import { fileURLToPath } from "node:url";

/** Where orders are to be worked on. */
export const TASK_QUEUE = "orders";

/** Where `stigmer-local run` says that Temporal is; else where it usually is. */
export const address = process.env["TEMPORAL_ADDRESS"] ?? "127.0.0.1:7233";

/** The namespace that it names. */
export const namespace = process.env["TEMPORAL_NAMESPACE"] ?? "default";

/** Where the worker finds the workflows. */
export const workflowsPath = fileURLToPath(new URL("./workflows.ts", import.meta.url));
