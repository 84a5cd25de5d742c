import { connect, createServer, type Socket } from "node:net";

/** A TCP load balancer in front of the frontends. */
export interface FrontDoor {
  /** Closes every connection and stops listening. */
  close(): Promise<void>;
}

/**
 * Forwards each connection to the frontends in turn, skipping one that refuses it. When a frontend dies, its connections
 * are closed, and the clients reconnect.
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
