import type { GrpcChannel } from "./channel.ts";
import { bytesOf, messagesOf, numberOf, protobufMessage, readProtobuf, stringOf } from "./protobuf.ts";

const DESCRIBE = "/temporal.api.workflowservice.v1.WorkflowService/DescribeTaskQueue";

/** The tasks of a queue: `TaskQueueType` of temporal.api.enums.v1. */
export type TaskKind = "workflow" | "activity";
const TYPES: Readonly<Record<TaskKind, bigint>> = { workflow: 1n, activity: 2n };

/** A worker that polled a task queue within the last five minutes. */
export interface Poller {
  /** `pid@host` by default; Go's SDK adds `@queue@`. */
  identity: string;
  /** When it began its last poll, which takes up to a minute; Unix ms. */
  polledAtMs: number;
}

/**
 * The pollers of a task queue; empty if Temporal does not know the queue. A reason if Temporal refuses to tell.
 *
 * @throws {GrpcError} if there is no reply
 */
export async function listPollers(
  channel: GrpcChannel,
  namespace: string,
  taskQueue: string,
  kind: TaskKind,
  timeoutMs: number,
): Promise<Poller[] | { why: string }> {
  const request = protobufMessage([1, namespace], [2, protobufMessage([1, taskQueue])], [3, TYPES[kind]]);
  const reply = await channel.call(DESCRIBE, request, timeoutMs);
  if (reply.status !== 0) return { why: reply.statusMessage };
  return messagesOf(readProtobuf(reply.message), 1).map((poller) => {
    const timestamp = readProtobuf(bytesOf(poller, 1));
    const polledAtMs = numberOf(timestamp, 1) * 1000 + numberOf(timestamp, 2) / 1e6;
    return { identity: stringOf(poller, 2), polledAtMs };
  });
}
