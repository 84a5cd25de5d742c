import { SEARCH_ATTRIBUTE_TYPES } from "../../config/flags/search_attribute_types.ts";
import type { GrpcChannel } from "../../grpc/channel.ts";
import { messagesOf, numberOf, protobufMessage, readProtobuf, stringOf } from "../../grpc/protobuf.ts";

const SERVICE = "/temporal.api.operatorservice.v1.OperatorService";

/** Temporal refused the request; `status` is that of gRPC: 3 invalid request, 14 not ready yet. */
export interface OperatorRefusal {
  status: number;
  why: string;
}

/**
 * The types of the custom search attributes of `namespace`, by name.
 *
 * @throws {GrpcError} if there is no reply
 */
export async function listSearchAttributes(
  channel: GrpcChannel,
  namespace: string,
  timeoutMs: number,
): Promise<Map<string, string> | OperatorRefusal> {
  const reply = await channel.call(`${SERVICE}/ListSearchAttributes`, protobufMessage([1, namespace]), timeoutMs);
  if (reply.status !== 0) return { status: reply.status, why: reply.statusMessage };
  const types = new Map<string, string>();
  for (const entry of messagesOf(readProtobuf(reply.message), 1)) { // 2: Temporal's own, 3: the columns behind them
    const type = numberOf(entry, 2);
    types.set(stringOf(entry, 1), SEARCH_ATTRIBUTE_TYPES[type - 1] ?? `type ${type}`);
  }
  return types;
}

/**
 * Adds search attributes to `namespace`. An existing one keeps its type: Temporal reports no error
 * (`addSearchAttributesSQL` in its `operator_handler.go`).
 *
 * @param types Types out of {@linkcode SEARCH_ATTRIBUTE_TYPES}, by attribute name. @throws {GrpcError} if there is no
 * reply
 */
export async function addSearchAttributes(
  channel: GrpcChannel,
  namespace: string,
  types: ReadonlyMap<string, string>,
  timeoutMs: number,
): Promise<OperatorRefusal | null> {
  const entries = [...types].map(([name, type]): [number, Uint8Array] => [
    1,
    protobufMessage([1, name], [2, BigInt(SEARCH_ATTRIBUTE_TYPES.indexOf(type) + 1)]),
  ]);
  const request = protobufMessage(...entries, [2, namespace]);
  const reply = await channel.call(`${SERVICE}/AddSearchAttributes`, request, timeoutMs);
  return reply.status === 0 ? null : { status: reply.status, why: reply.statusMessage };
}
