import { concatBytes, readUint32, uint32 } from "../platform/net/bytes.ts";
import type { Connect, Endpoint } from "../platform/net/connection.ts";
import { GrpcError } from "./error.ts";
import { encodeHeaders, type Header } from "./hpack.ts";
import { createHttp2Link, type Http2Link } from "./http2_connection.ts";
import type { Http2Answer } from "./http2_response.ts";

/** The reply to a unary call. */
export interface GrpcReply {
  /** The reply message, or null when the server gave a status only. */
  message: Uint8Array | null;
  /** `grpc-status`: 0 OK, 5 NOT_FOUND, 6 ALREADY_EXISTS, 12 UNIMPLEMENTED, 14 UNAVAILABLE … */
  status: number;
  /** `grpc-message`, decoded; empty when there is none. */
  statusMessage: string;
}

/** A kept connection to a gRPC server. */
export interface GrpcChannel {
  /**
   * Sends `request` to the method at `path` (`/package.Service/Method`) and waits for its reply, whatever its status.
   *
   * @throws {GrpcError} when there is no reply within `timeoutMs`
   */
  call(path: string, request: Uint8Array, timeoutMs: number): Promise<GrpcReply>;
  /** Whether the next call can use the connection that is there. */
  isOpen(): boolean;
  /** Closes for good; calls under way fail. An open channel keeps the process alive. Safe to call twice. */
  close(): void;
}

/** What a channel sends with each call beside the request. */
export interface GrpcChannelOptions {
  /** `:authority`. @default {host:port, `localhost` for a Unix socket} */
  authority?: string;
  /** `:scheme`: `https` where `connect` speaks TLS. @default {"http"} */
  scheme?: "http" | "https";
  /** Further header fields (`authorization` …). */
  metadata?: readonly Header[];
}

/** A message is preceded by a byte that says whether it is compressed, and its size. */
const PREFIX_BYTES = 5;

/**
 * Opens a gRPC channel: plain HTTP/2 "with prior knowledge" over a connection of ours.
 *
 * `node:http2` would do as well, but costs a supervisor that makes one call a second megabytes and twice the CPU. So
 * the frames are made by hand, and only as much HTTP/2 is spoken as unary calls need. The server is forbidden a
 * dynamic header table (SETTINGS_HEADER_TABLE_SIZE 0), which leaves a small header decoder without state: enough to
 * read `grpc-status` from the trailers, since NOT_FOUND and ALREADY_EXISTS are answers and not failures.
 *
 * Temporal's frontend ends each connection after five minutes with a GOAWAY (`frontend.keepAliveMaxConnectionAge`).
 * A call that finds the connection ended, or that the server says it did not look at, opens another one, once.
 *
 * @throws {GrpcError} `unreachable`, when no connection can be made within `timeoutMs`
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
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new GrpcError("unreachable", `Cannot connect to ${authority}: ${reason}`, cause);
    }
  }

  /** Calls that find the connection ended at the same time share one new connection. */
  function renew(timeoutMs: number): Promise<void> {
    redial ??= dial(timeoutMs).then((next) => {
      link = next;
      if (isClosed) next.close();
    }).finally(() => {
      redial = null;
    });
    return redial;
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
    isOpen: () => !isClosed && link.isOpen(),
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
      `The peer does not speak gRPC: it answered HTTP ${valueOf(":status") ?? "without a status"}`,
    );
  }
  return {
    message: readMessage(body),
    status: Number(status),
    statusMessage: percentDecoded(valueOf("grpc-message") ?? ""),
  };
}

function readMessage(body: Uint8Array): Uint8Array | null {
  if (body.length === 0) return null;
  if (body.length < PREFIX_BYTES || readUint32(body, 1) !== body.length - PREFIX_BYTES) {
    throw new GrpcError("not-grpc", "The peer does not speak gRPC: not one message of the size it says");
  }
  if (body[0] !== 0) throw new GrpcError("not-grpc", "The peer compressed its reply, which was not agreed");
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
