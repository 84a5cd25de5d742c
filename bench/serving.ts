import { type GrpcChannel, openGrpcChannel, withGrpcChannel } from "../lib/grpc/channel.ts";
import { GrpcError } from "../lib/grpc/error.ts";
import { checkServing } from "../lib/grpc/health.ts";
import { connectNode } from "../lib/platform/net/connect_node.ts";
import { delay } from "../lib/platform/runtime/delay.ts";
import { until } from "./until.ts";

/** Short enough for figures of tens of ms, and long enough not to take the CPU from the measured process. */
const POLL_MS = 2;

/** Resolves when the Temporal on `port` says SERVING. */
export async function untilServing(port: number): Promise<void> {
  await until(`Nothing serves on port ${port}`, POLL_MS, async () => {
    const ask = (channel: GrpcChannel) => checkServing(channel, 1000);
    try {
      return await withGrpcChannel(connectNode, { host: "127.0.0.1", port }, 1000, ask) === "serving" || null;
    } catch (error) {
      if (error instanceof GrpcError) return null;
      throw error;
    }
  });
}

/** Calls the Temporal on `port` each `intervalMs` over one connection, until the function that it returns is called. */
export async function keepCalling(
  port: number,
  intervalMs: number,
): Promise<() => Promise<{ calls: number; failed: number }>> {
  const channel = await openGrpcChannel(connectNode, { host: "127.0.0.1", port }, 1000);
  let calls = 0;
  let failed = 0;
  let isOver = false;
  const caller = (async () => {
    while (!isOver) {
      calls++;
      if (await checkServing(channel, 1000) !== "serving") failed++;
      await delay(intervalMs);
    }
  })();
  return async () => {
    isOver = true;
    await caller;
    channel.close();
    return { calls, failed };
  };
}
