import { isDeno } from "../platform/runtime/host.ts";
import type { Handler, UnixServer } from "./unix_server.ts";

/**
 * Serves HTTP/1.1 on a Unix socket of mode 0600 at `path`, which must not exist. Child processes do not inherit the
 * listener: under Deno, `node:http` opens it without close-on-exec, so each runtime uses its own server.
 */
export async function serveUnix(path: string, handler: Handler): Promise<UnixServer> {
  return isDeno
    ? (await import("./server_deno.ts")).serveUnixDeno(path, handler)
    : await (await import("./server_node.ts")).serveUnixNode(path, handler);
}
