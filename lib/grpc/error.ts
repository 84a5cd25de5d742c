/**
 * Why a call got no reply: `unreachable` no connection · `timeout` · `closed` the connection ended under it · `reset`
 * the server broke the call off · `refused` the server says that it did not look at the call, so that it may be made
 * again (RFC 9113, section 8.7) · `not-grpc` the peer speaks something else, or breaks the protocol.
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
