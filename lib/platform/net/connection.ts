/** The address of a stream socket. */
export type Endpoint = { path: string } | { host: string; port: number };

/** A connected stream socket, the same over Deno's and Node's own sockets. */
export interface Connection {
  /** Sends all of `bytes`. */
  write(bytes: Uint8Array): Promise<void>;
  /** Resolves with the next received bytes, or null at the end of the stream. */
  read(): Promise<Uint8Array | null>;
  /** Closes at once; a pending read ends with null or an error. Safe to call twice. */
  close(): void;
}

/**
 * Opens a stream socket, within `timeoutMs`. Rejects with the system's error, whose `code` is `ECONNREFUSED`, `ENOENT`,
 * `EACCES`, `ETIMEDOUT` (also for `timeoutMs`) … on both runtimes.
 */
export type Connect = (endpoint: Endpoint, timeoutMs: number) => Promise<Connection>;
