/** The codes of `grpc-status` that callers tell apart. */
export const GrpcStatus = {
  ok: 0,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  unimplemented: 12,
  unauthenticated: 16,
} as const;

/**
 * Why a call got no reply: `unreachable` no connection · `timeout` · `closed` the connection was closed during the call
 * · `reset` the server reset the stream · `refused` the server did not process the call, which may be retried (RFC
 * 9113, section 8.7) · `not-grpc` the peer speaks another protocol, or violates this one.
 */
export type GrpcFailure = "unreachable" | "timeout" | "closed" | "reset" | "refused" | "not-grpc";

/** A call that got no reply. Callers switch on `kind`. */
export class GrpcError extends Error {
  override readonly name = "GrpcError";
  readonly kind: GrpcFailure;

  constructor(kind: GrpcFailure, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
  }
}
