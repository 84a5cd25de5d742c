/** An answer of the control API. A stream is sent as it comes, until it ends or the client leaves. */
export interface Reply {
  status: number;
  contentType: string;
  body: string | ReadableStream<Uint8Array>;
}

/** Answers one request. `body` is at most 1 MB of UTF-8. */
export type Handler = (method: string, path: string, body: string) => Promise<Reply>;

/** A server on a Unix socket. */
export interface UnixServer {
  /** Stops listening and lets the answers that are under way finish, for at most `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** The largest request body that is read, in bytes. */
export const MAX_REQUEST_BYTES = 1024 * 1024;
