import type { Connect } from "../platform/net/connection.ts";
import { httpStatusAt } from "../platform/net/http_status.ts";
import type { GrpcChannel, GrpcReply } from "./channel.ts";
import { GrpcError, type GrpcFailure, GrpcStatus } from "./error.ts";
import { numberOf, protobufMessage, readProtobuf, stringOf } from "./protobuf.ts";

/** An inconclusive check: no reply (`kind`), or an unexpected status (`status`). */
export interface CheckFailure {
  error: string;
  /** Why there was no reply; `status` if there was one. */
  kind: GrpcFailure | "status";
  /** The gRPC status of the reply. */
  status?: number;
  /** The error of the call, if there was no reply. */
  cause?: unknown;
}

const HEALTH_CHECK = "/grpc.health.v1.Health/Check";
const WORKFLOW_SERVICE = "temporal.api.workflowservice.v1.WorkflowService";
const SERVING = 1;

/**
 * Whether Temporal's workflow service reports SERVING. An open port, or `SERVING` for the empty service name, is not
 * enough: the frontend listens 20 … 90 ms before it serves.
 */
export async function checkServing(
  channel: GrpcChannel,
  timeoutMs: number,
): Promise<"serving" | "not-serving" | CheckFailure> {
  const request = protobufMessage([1, WORKFLOW_SERVICE]);
  const reply = await ask(channel, HEALTH_CHECK, request, timeoutMs);
  if ("error" in reply) return reply;
  // The health service does not know Temporal's service, because it is another gRPC server or not set up yet.
  if (reply.status === GrpcStatus.notFound) return "not-serving";
  if (reply.status !== 0) return statusFailure(reply);
  return numberOf(readProtobuf(reply.message), 1) === SERVING ? "serving" : "not-serving";
}

/** Whether `namespace` exists and can be used. */
export async function describeNamespace(
  channel: GrpcChannel,
  namespace: string,
  timeoutMs: number,
): Promise<"found" | "not-found" | CheckFailure> {
  const request = protobufMessage([1, namespace]);
  const reply = await ask(channel, `/${WORKFLOW_SERVICE}/DescribeNamespace`, request, timeoutMs);
  if ("error" in reply) return reply;
  if (reply.status === GrpcStatus.notFound) return "not-found";
  return reply.status === 0 ? "found" : statusFailure(reply);
}

/** Version of the server, such as `1.29.1` (not that of Temporal's CLI, which contains it). */
export async function getServerVersion(
  channel: GrpcChannel,
  timeoutMs: number,
): Promise<{ version: string } | CheckFailure> {
  const reply = await ask(channel, `/${WORKFLOW_SERVICE}/GetSystemInfo`, new Uint8Array(0), timeoutMs);
  if ("error" in reply) return reply;
  if (reply.status !== 0) return statusFailure(reply);
  return { version: stringOf(readProtobuf(reply.message), 1) };
}

async function ask(
  channel: GrpcChannel,
  path: string,
  request: Uint8Array,
  timeoutMs: number,
): Promise<GrpcReply | CheckFailure> {
  try {
    return await channel.call(path, request, timeoutMs);
  } catch (error) {
    if (error instanceof GrpcError) return { error: error.message, kind: error.kind, cause: error };
    throw error;
  }
}

function statusFailure(reply: GrpcReply): CheckFailure {
  return { error: reply.statusMessage, kind: "status", status: reply.status };
}

/**
 * Whether Temporal's Web UI responds. Any HTTP status below 500 counts, e.g. a redirect to a login. Opens a separate
 * connection.
 */
export async function checkUi(
  connect: Connect,
  endpoint: { host: string; port: number },
  timeoutMs: number,
): Promise<"up" | { error: string }> {
  const answer = await httpStatusAt(connect, endpoint, "/", timeoutMs);
  if ("error" in answer) return answer;
  return answer.status < 500 ? "up" : { error: `HTTP ${answer.status}` };
}
