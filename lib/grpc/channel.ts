import { messageOf } from "../errors/local_error.ts";
import { concatBytes, readUint32, uint32 } from "../platform/net/bytes.ts";
import type { Connect, Endpoint } from "../platform/net/connection.ts";
import { GrpcError, GrpcStatus } from "./error.ts";
import { encodeHeaders, type Header } from "./hpack.ts";
import { createHttp2Link, type Http2Link } from "./http2_connection.ts";
import type { Http2Answer } from "./http2_response.ts";

/** The reply to a unary call. */
export interface GrpcReply {
  /** The reply message; empty where the status is an error. */
  message: Uint8Array;
  /** `grpc-status`, such as {@linkcode GrpcStatus}. */
  status: number;
  /** `grpc-message`, decoded; `gRPC status N` if it is empty or absent. */
  statusMessage: string;
}

/** A persistent connection to a gRPC server. */
export interface GrpcChannel {
  /**
   * Sends `request` to the method at `path` (`/package.Service/Method`) and waits for its reply, whatever its status.
   *
   * @throws {GrpcError} if there is no reply within `timeoutMs`
   */
  call(path: string, request: Uint8Array, timeoutMs: number): Promise<GrpcReply>;
  /**
   * Closes the channel for good; calls in progress fail. An open channel keeps the process alive. Safe to call twice.
   */
  close(): void;
}

/** Options of a channel, sent with each call. */
export interface GrpcChannelOptions {
  /** `:authority`. @default {host:port, `localhost` for a Unix socket} */
  authority?: string;
  /** `:scheme`: `https` where `connect` speaks TLS. @default {"http"} */
  scheme?: "http" | "https";
  /** Further header fields (`authorization` …). */
  metadata?: readonly Header[];
}

/** Each message is preceded by a compression flag (1 byte) and its size (4 bytes). */
const PREFIX_BYTES = 5;

/**
 * What `use` returns, called with a channel that is closed afterwards.
 *
 * @throws what `use` throws
 * @throws {GrpcError} as {@linkcode openGrpcChannel} does
 */
export async function withGrpcChannel<T>(
  connect: Connect,
  endpoint: Endpoint,
  timeoutMs: number,
  use: (channel: GrpcChannel) => Promise<T>,
): Promise<T> {
  const channel = await openGrpcChannel(connect, endpoint, timeoutMs);
  try {
    return await use(channel);
  } finally {
    channel.close();
  }
}

/**
 * Opens a gRPC channel: HTTP/2 "with prior knowledge" over a connection that `connect` opens.
 *
 * Does without `node:http2`: under Deno 2.9.6 it crashes the process (`free(): invalid pointer`) when Temporal's
 * frontend sends its GOAWAY after five minutes, and it costs a supervisor that makes one call a second megabytes and
 * twice the CPU. This implements only as much of HTTP/2 as unary calls need. The server may not use a dynamic header
 * table (SETTINGS_HEADER_TABLE_SIZE 0), so a small, stateless header decoder suffices to read `grpc-status` from the
 * trailers; NOT_FOUND and ALREADY_EXISTS are answers, not failures.
 *
 * Temporal's frontend closes each connection with a GOAWAY after five minutes (`frontend.keepAliveMaxConnectionAge`). A
 * call on a closed connection, or one that the server refused unprocessed, is retried once on a new connection.
 *
 * @throws {GrpcError} `unreachable` if no connection is established within `timeoutMs`
 */
export async function openGrpcChannel(
  connect: Connect,
  endpoint: Endpoint,
  timeoutMs: number,
  options: GrpcChannelOptions = {},
): Promise<GrpcChannel> {
  const authority = options.authority ?? ("path" in endpoint ? "localhost" : authorityOf(endpoint.host, endpoint.port));
  let isClosed = false;
  let redial: Promise<void> | null = null;
  let link = await dial(timeoutMs);

  async function dial(timeoutMs: number): Promise<Http2Link> {
    try {
      return createHttp2Link(await connect(endpoint, timeoutMs));
    } catch (cause) {
      throw new GrpcError("unreachable", `Cannot connect to ${authority}: ${messageOf(cause)}`, cause);
    }
  }

  /** Concurrent calls on a closed connection share one new connection. */
  function renew(timeoutMs: number): Promise<void> {
    return redial ??= dial(timeoutMs).then((next) => {
      link = next;
      if (isClosed) next.close();
    }).finally(() => redial = null);
  }

  return {
    async call(path, request, timeoutMs) {
      const deadline = performance.now() + timeoutMs;
      const remainingMs = () => Math.max(1, deadline - performance.now());
      const headerBlock = encodeHeaders([
        [":method", "POST"],
        [":scheme", options.scheme ?? "http"],
        [":path", path],
        [":authority", authority],
        ["content-type", "application/grpc"],
        ["te", "trailers"],
        ...options.metadata ?? [],
      ]);
      const body = concatBytes([Uint8Array.of(0), uint32(request.length), request]);
      for (let mayRetry = true;; mayRetry = false) {
        if (isClosed) throw new GrpcError("closed", "The channel is closed");
        if (!link.isOpen()) await renew(remainingMs());
        try {
          return readReply(await link.request(headerBlock, body, remainingMs()));
        } catch (error) {
          if (!mayRetry || !(error instanceof GrpcError) || error.kind !== "refused") throw error;
          link.close();
        }
      }
    },
    close() {
      isClosed = true;
      link.close();
    },
  };
}

function authorityOf(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function readReply({ headers, body }: Http2Answer): GrpcReply {
  const valueOf = (name: string) => headers.findLast((header) => header[0] === name)?.[1];
  const status = valueOf("grpc-status");
  if (status === undefined || !/^\d{1,3}$/.test(status)) {
    throw new GrpcError(
      "not-grpc",
      `The peer does not speak gRPC: it responded with HTTP ${valueOf(":status") ?? "without a status"}`,
    );
  }
  return {
    message: Number(status) === GrpcStatus.ok ? readMessage(body) : new Uint8Array(0),
    status: Number(status),
    statusMessage: percentDecoded(valueOf("grpc-message") || `gRPC status ${status}`),
  };
}

function readMessage(body: Uint8Array): Uint8Array {
  if (body.length < PREFIX_BYTES || readUint32(body, 1) !== body.length - PREFIX_BYTES) {
    throw new GrpcError("not-grpc", "The peer does not speak gRPC: the size of its message does not match its prefix");
  }
  if (body[0] !== 0) throw new GrpcError("not-grpc", "The peer compressed its reply, which was not negotiated");
  return body.subarray(PREFIX_BYTES);
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}
