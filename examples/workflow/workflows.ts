import { proxyActivities, sleep } from "@temporalio/workflow";
import type * as activities from "./activities.ts";

const { reserve, ship } = proxyActivities<typeof activities>({ startToCloseTimeout: "10 seconds" });

/**
 * Reserves, leaves the customer some time to change their mind, and ships. That time is Temporal's to keep: neither a
 * worker nor a server that dies meanwhile makes it begin anew.
 */
export async function fulfil(order: string, reflectionMs: number): Promise<string> {
  const goods = await reserve(order);
  await sleep(reflectionMs);
  return await ship(goods);
}
