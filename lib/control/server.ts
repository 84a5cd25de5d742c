import { isDeno } from "../platform/runtime/host.ts";
import type { Handler, UnixServer } from "./unix_server.ts";

/**
 * Serves HTTP/1.1 on a Unix socket of mode 0600 at `path`, where nothing may be. The listener does not reach child
 * processes: under Deno `node:http` would make one without close-on-exec, so each runtime serves by its own means.
 */
export async function serveUnix(path: string, handler: Handler): Promise<UnixServer> {
  return isDeno
    ? (await import("./server_deno.ts")).serveUnixDeno(path, handler)
    : await (await import("./server_node.ts")).serveUnixNode(path, handler);
}
