import type { GrpcChannel } from "./channel.ts";
import { numberOf, protobufField, protobufMessage, readProtobuf, stringOf } from "./protobuf.ts";

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
  const queue = protobufMessage(protobufField(1, taskQueue));
  const request = protobufMessage(protobufField(1, namespace), protobufField(2, queue), protobufField(3, TYPES[kind]));
  const reply = await channel.call(DESCRIBE, request, timeoutMs);
  if (reply.status !== 0 || reply.message === null) {
    return { why: reply.statusMessage || `gRPC status ${reply.status}` };
  }
  return readProtobuf(reply.message).flatMap(({ number, value }) => {
    if (number !== 1 || typeof value === "bigint") return [];
    const fields = readProtobuf(value);
    const time = fields.find((field) => field.number === 1)?.value;
    const polledAtMs = time instanceof Uint8Array ? readTimestamp(time) : 0;
    return [{ identity: stringOf(fields, 2) ?? "", polledAtMs }];
  });
}

/** A `google.protobuf.Timestamp` as Unix ms. */
function readTimestamp(message: Uint8Array): number {
  const fields = readProtobuf(message);
  return numberOf(fields, 1) * 1000 + numberOf(fields, 2) / 1e6;
}
