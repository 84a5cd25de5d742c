import { proxyActivities } from "@temporalio/workflow";
import type * as activities from "./activities.ts";

const { ship } = proxyActivities<typeof activities>({ startToCloseTimeout: "10 seconds" });

/** Ships an order. */
export async function fulfil(order: string): Promise<string> {
  return await ship(order);
}
