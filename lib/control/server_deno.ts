import { type Handler, MAX_REQUEST_BYTES, type UnixServer } from "./unix_server.ts";

/** {@linkcode Handler} over `Deno.serve`. */
export function serveUnixDeno(path: string, handler: Handler): UnixServer {
  const before = Deno.umask(0o177); // mode 0600 from the first moment
  let server: Deno.HttpServer;
  try {
    server = Deno.serve({ path, onListen: () => {} } as Deno.ServeUnixOptions, async (request) => {
      let body;
      try {
        body = await request.text();
      } catch { // the client is gone; Deno would print the error with its stack
        return new Response(null, { status: 400 });
      }
      if (body.length > MAX_REQUEST_BYTES) return new Response("", { status: 413 });
      const url = new URL(request.url);
      const reply = await handler(request.method, url.pathname + url.search, body);
      return new Response(reply.body, { status: reply.status, headers: { "content-type": reply.contentType } });
    });
  } finally {
    Deno.umask(before);
  }
  return {
    close: async (graceMs) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const deadline = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, graceMs);
      });
      await Promise.race([server.shutdown(), deadline]);
      clearTimeout(timer);
    },
  };
}
