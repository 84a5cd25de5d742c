import type { GrpcChannel } from "./channel.ts";
import { GrpcStatus } from "./error.ts";
import { bytesOf, messagesOf, protobufMessage, readProtobuf, stringOf } from "./protobuf.ts";

const WORKFLOW_SERVICE = "/temporal.api.workflowservice.v1.WorkflowService";
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
  const request = protobufMessage([1, namespace], [4, protobufMessage([1, RETENTION_S])]);
  const reply = await channel.call(`${WORKFLOW_SERVICE}/RegisterNamespace`, request, timeoutMs);
  return reply.status === 0 || reply.status === GrpcStatus.alreadyExists ? null : reply.statusMessage;
}

/**
 * The names of all namespaces but Temporal's own; null if Temporal refuses to list them.
 *
 * @throws {GrpcError} if there is no reply
 */
export async function listNamespaces(channel: GrpcChannel, timeoutMs: number): Promise<string[] | null> {
  const names: string[] = [];
  let page: Uint8Array = new Uint8Array(0);
  do {
    const request = protobufMessage([1, PAGE_SIZE], [2, page]);
    const reply = await channel.call(`${WORKFLOW_SERVICE}/ListNamespaces`, request, timeoutMs);
    if (reply.status !== 0) return null;
    const fields = readProtobuf(reply.message);
    names.push(...messagesOf(fields, 1).map((described) => stringOf(readProtobuf(bytesOf(described, 1)), 1)));
    page = bytesOf(fields, 2);
  } while (page.length > 0);
  return names.filter((name) => name !== "temporal-system");
}
