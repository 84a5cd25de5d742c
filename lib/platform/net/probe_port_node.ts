import { createServer } from "node:net";
import type { Listener } from "./listener.ts";

/** Listens on a TCP port with `node:net`; libuv sets SO_REUSEADDR, as Temporal does. */
export function probePortNode(host: string, port: number): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    // Without `exclusive`, a worker of node:cluster asks its parent to listen instead.
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      resolve({
        port: typeof address === "object" && address !== null ? address.port : port,
        close: () => new Promise((closed) => server.close(() => closed())),
      });
    });
  });
}
