/** Where a stream socket leads. */
export type Endpoint = { path: string } | { host: string; port: number };

/** A connected stream socket, the same over Deno's and Node's own sockets. */
export interface Connection {
  /** Sends all of `bytes`. */
  write(bytes: Uint8Array): Promise<void>;
  /** The next bytes that arrived, or null at the end of the stream. */
  read(): Promise<Uint8Array | null>;
  /** Closes at once; a read under way ends with null or an error. Safe to call twice. */
  close(): void;
}

/**
 * Opens a stream socket, within `timeoutMs`. Rejects with the system's error, whose `code` is `ECONNREFUSED`,
 * `ENOENT`, `EACCES`, `ETIMEDOUT` (also for our own deadline) … on both runtimes.
 */
export type Connect = (endpoint: Endpoint, timeoutMs: number) => Promise<Connection>;
