import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import process from "node:process";
import { Readable } from "node:stream";
import { type Handler, MAX_REQUEST_BYTES, type UnixServer } from "./unix_server.ts";

/** {@linkcode Handler} over `node:http`. */
export async function serveUnixNode(path: string, handler: Handler): Promise<UnixServer> {
  const server = createServer((request, response) => {
    // A request that breaks off affects no other.
    answer(request, response, handler).catch(() => response.destroy());
  });
  server.on("clientError", (_error, socket) => socket.destroy());
  const before = process.umask(0o177); // mode 0600 from the first moment
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(path, resolve);
    });
  } finally {
    process.umask(before);
  }
  return {
    close: (graceMs) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => server.closeAllConnections(), graceMs);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, handler: Handler): Promise<void> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_REQUEST_BYTES) return void response.writeHead(413).end();
    chunks.push(chunk);
  }
  const reply = await handler(request.method ?? "GET", request.url ?? "/", Buffer.concat(chunks).toString());
  response.statusCode = reply.status;
  response.setHeader("content-type", reply.contentType);
  if (typeof reply.body === "string") return void response.end(reply.body); // with its length
  response.flushHeaders();
  const source = Readable.fromWeb(reply.body as Parameters<typeof Readable.fromWeb>[0]);
  response.on("close", () => source.destroy());
  source.on("error", () => response.destroy()).pipe(response);
}
