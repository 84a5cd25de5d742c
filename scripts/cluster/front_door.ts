import { connect, createServer, type Socket } from "node:net";

/** Stands before the frontends, as a load balancer does. */
export interface FrontDoor {
  /** Ends every connection and listens no more. */
  close(): Promise<void>;
}

/**
 * Hands each connection on to one of the frontends in turn; to the next one where nobody listens. A connection whose
 * frontend dies ends, and its client comes again.
 */
export async function openFrontDoor(port: number, frontends: readonly number[]): Promise<FrontDoor> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  };
  let turn = 0;
  const server = createServer({ noDelay: true }, (client) => {
    keep(client);
    const dial = (left: number): void => {
      const frontend = keep(connect({ host: "127.0.0.1", port: frontends[turn++ % frontends.length]!, noDelay: true }));
      let isThere = false;
      frontend.once("connect", () => {
        isThere = true;
        client.pipe(frontend).pipe(client);
      });
      frontend.once("close", () => {
        if (isThere || left <= 1 || client.destroyed) client.destroy();
        else dial(left - 1);
      });
      client.once("close", () => frontend.destroy());
    };
    dial(frontends.length);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
