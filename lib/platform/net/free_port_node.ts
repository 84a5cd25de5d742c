import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A free port with `node:net`; `isParked` leaves it in TIME_WAIT. */
export async function freePortNode(host: string, isParked: boolean): Promise<number> {
  const server = createServer();
  // Without `exclusive`, a worker of node:cluster asks its parent to listen instead.
  server.listen({ host, port: 0, exclusive: true });
  await once(server, "listening");
  try {
    const { port } = server.address() as { port: number };
    if (!isParked) return port;
    const accepted = once(server, "connection") as Promise<[Socket]>;
    const client = connect(port, host);
    const [[served]] = await Promise.all([accepted, once(client, "connect")]);
    const closed = once(client, "close");
    served.end(); // the side that closes first is left in TIME_WAIT
    client.resume(); // reads that end, and then closes too
    await closed;
    return port;
  } finally {
    await new Promise((closed) => server.close(closed));
  }
}
