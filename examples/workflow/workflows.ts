import { proxyActivities, sleep } from "@temporalio/workflow";
import type * as activities from "./activities.ts";

const { reserve, ship } = proxyActivities<typeof activities>({ startToCloseTimeout: "10 seconds" });

/**
 * Reserves the goods, gives the customer some time to change their mind, and ships them. Temporal keeps the timer, so it
 * does not start again when a worker or the server dies.
 */
export async function fulfil(order: string, reflectionMs: number): Promise<string> {
  const goods = await reserve(order);
  await sleep(reflectionMs);
  return await ship(goods);
}
