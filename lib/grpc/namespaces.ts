import type { GrpcChannel } from "./channel.ts";
import { protobufField, protobufMessage, readProtobuf, stringOf } from "./protobuf.ts";

const WORKFLOW_SERVICE = "/temporal.api.workflowservice.v1.WorkflowService";
const ALREADY_EXISTS = 6;
const PAGE_SIZE = 1000n;
/** The retention that Temporal's dev server gives the namespaces that it creates (`NewNamespaceConfig`), in s. */
const RETENTION_S = 86_400n;

/**
 * Creates `namespace`; one that exists stays as it is. Resolves with Temporal's reason for a refusal, else null.
 *
 * @throws {GrpcError} if there is no reply
 */
export async function registerNamespace(
  channel: GrpcChannel,
  namespace: string,
  timeoutMs: number,
): Promise<string | null> {
  const retention = protobufMessage(protobufField(1, RETENTION_S));
  const request = protobufMessage(protobufField(1, namespace), protobufField(4, retention));
  const reply = await channel.call(`${WORKFLOW_SERVICE}/RegisterNamespace`, request, timeoutMs);
  if (reply.status === 0 || reply.status === ALREADY_EXISTS) return null;
  return reply.statusMessage || `gRPC status ${reply.status}`;
}

/**
 * The names of all namespaces but Temporal's own; null if Temporal refuses to list them.
 *
 * @throws {GrpcError} if there is no reply
 */
export async function listNamespaces(channel: GrpcChannel, timeoutMs: number): Promise<string[] | null> {
  const names: string[] = [];
  let page: Uint8Array | null = null;
  do {
    const request: Uint8Array = protobufMessage(
      protobufField(1, PAGE_SIZE),
      ...(page === null ? [] : [protobufField(2, page)]),
    );
    const reply = await channel.call(`${WORKFLOW_SERVICE}/ListNamespaces`, request, timeoutMs);
    if (reply.status !== 0 || reply.message === null) return null;
    page = null;
    for (const { number, value } of readProtobuf(reply.message)) {
      if (typeof value === "bigint") continue;
      if (number === 2 && value.length > 0) page = value;
      if (number !== 1) continue;
      const info = readProtobuf(value).find((field) => field.number === 1)?.value;
      const name = info instanceof Uint8Array ? stringOf(readProtobuf(info), 1) : null;
      if (name !== null && name !== "temporal-system") names.push(name);
    }
  } while (page !== null);
  return names;
}
