import { isDeno } from "./host.ts";

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

/**
 * Serves HTTP/1.1 on a Unix socket of mode 0600 at `path`, where nothing may be. The listener does not reach child
 * processes: under Deno `node:http` would make one without close-on-exec, so each runtime serves by its own means.
 */
export async function serveUnix(path: string, handler: Handler): Promise<UnixServer> {
  return isDeno
    ? (await import("./serve_deno.ts")).serveUnixDeno(path, handler)
    : await (await import("./serve_node.ts")).serveUnixNode(path, handler);
}
