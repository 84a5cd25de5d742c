import process from "node:process";

/** The task queue of the orders. */
export const TASK_QUEUE = "orders";

/** What stigmer-local sets for each process and for the command of `run`. */
export const { TEMPORAL_ADDRESS: address = "127.0.0.1:7233", TEMPORAL_NAMESPACE: namespace = "orders" } = process.env;
