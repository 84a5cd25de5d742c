/** A response of the control API. A stream is sent as it is produced, until it ends or the client disconnects. */
export interface Reply {
  status: number;
  contentType: string;
  body: string | ReadableStream<Uint8Array>;
}

/** Answers one request. `body` is at most 1 MB of UTF-8. */
export type Handler = (method: string, path: string, body: string) => Promise<Reply>;

/** A server on a Unix socket. */
export interface UnixServer {
  /** Stops listening and finishes responses in progress, for at most `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** Maximum size of a request body, in bytes. */
export const MAX_REQUEST_BYTES = 1024 * 1024;
