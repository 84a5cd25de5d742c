import { proxyActivities } from "@temporalio/workflow";
import type * as activities from "./activities.ts";

const { charge, ship } = proxyActivities<typeof activities>({ startToCloseTimeout: "10 seconds" });

/** Charges an order, and ships it. */
export async function fulfil(order: string): Promise<string> {
  return await ship(await charge(order));
}
