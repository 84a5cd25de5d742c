import type { Connect, Connection, Endpoint } from "../platform/net/connection.ts";
import type { GrpcChannel, GrpcReply } from "./channel.ts";
import { GrpcError, type GrpcFailure } from "./error.ts";
import { numberOf, protobufField, protobufMessage, readProtobuf, stringOf } from "./protobuf.ts";

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
const NOT_FOUND = 5;

/**
 * Whether Temporal's workflow service reports SERVING. An open port, or `SERVING` for the empty service name, is not
 * enough: the frontend listens 20 … 90 ms before it serves.
 */
export async function checkServing(
  channel: GrpcChannel,
  timeoutMs: number,
): Promise<"serving" | "not-serving" | CheckFailure> {
  const request = protobufMessage(protobufField(1, WORKFLOW_SERVICE));
  const reply = await ask(channel, HEALTH_CHECK, request, timeoutMs);
  if ("error" in reply) return reply;
  // NOT_FOUND: the health service does not know Temporal's service, because it is another gRPC server or not set up
  // yet.
  if (reply.status === NOT_FOUND) return "not-serving";
  if (reply.status !== 0 || reply.message === null) return statusFailure(reply);
  return numberOf(readProtobuf(reply.message), 1) === SERVING ? "serving" : "not-serving";
}

/** Whether `namespace` exists and can be used. */
export async function describeNamespace(
  channel: GrpcChannel,
  namespace: string,
  timeoutMs: number,
): Promise<"found" | "not-found" | CheckFailure> {
  const request = protobufMessage(protobufField(1, namespace));
  const reply = await ask(channel, `/${WORKFLOW_SERVICE}/DescribeNamespace`, request, timeoutMs);
  if ("error" in reply) return reply;
  if (reply.status === NOT_FOUND) return "not-found";
  return reply.status === 0 ? "found" : statusFailure(reply);
}

/** Version of the server, such as `1.29.1` (not that of Temporal's CLI, which contains it). */
export async function getServerVersion(
  channel: GrpcChannel,
  timeoutMs: number,
): Promise<{ version: string } | CheckFailure> {
  const reply = await ask(channel, `/${WORKFLOW_SERVICE}/GetSystemInfo`, new Uint8Array(0), timeoutMs);
  if ("error" in reply) return reply;
  if (reply.status !== 0 || reply.message === null) return statusFailure(reply);
  return { version: stringOf(readProtobuf(reply.message), 1) ?? "" };
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
  return { error: reply.statusMessage || `gRPC status ${reply.status}`, kind: "status", status: reply.status };
}

/**
 * Whether Temporal's Web UI responds. Any HTTP status below 500 counts, e.g. a redirect to a login. Opens a separate
 * connection.
 */
export async function checkUi(
  connect: Connect,
  endpoint: Endpoint,
  timeoutMs: number,
): Promise<"up" | { error: string }> {
  const deadline = performance.now() + timeoutMs;
  let connection: Connection;
  try {
    connection = await connect(endpoint, timeoutMs);
  } catch (error) {
    return { error: messageOf(error) };
  }
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    connection.close();
  }, Math.max(1, deadline - performance.now()));
  try {
    const host = "path" in endpoint ? "localhost" : endpoint.host;
    const request = `GET / HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`;
    await connection.write(new TextEncoder().encode(request));
    const status = await readStatus(connection);
    if (timedOut) return { error: `no response within ${timeoutMs} ms` };
    if (status === null) return { error: "not an HTTP response" };
    return status < 500 ? "up" : { error: `HTTP ${status}` };
  } catch (error) {
    return { error: timedOut ? `no response within ${timeoutMs} ms` : messageOf(error) };
  } finally {
    clearTimeout(timer);
    connection.close();
  }
}

/** The status of the HTTP response on `connection`; null if it is not HTTP. */
async function readStatus(connection: Connection): Promise<number | null> {
  const STATUS_LINE_START = "HTTP/1.1 200".length;
  let text = "";
  while (text.length < STATUS_LINE_START) {
    const bytes = await connection.read();
    if (bytes === null) break;
    text += new TextDecoder().decode(bytes.subarray(0, STATUS_LINE_START));
  }
  const match = /^HTTP\/1\.[01] (\d{3})/.exec(text);
  return match === null ? null : Number(match[1]);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
