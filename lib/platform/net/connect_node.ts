import { connect as connectSocket, type Socket } from "node:net";
import type { Connect, Connection } from "./connection.ts";

/** Connects over `node:net`. */
export const connectNode: Connect = (endpoint, timeoutMs) =>
  openConnection(connectSocket({ ...endpoint, noDelay: true }), "connect", timeoutMs);

/** Wraps a socket (also a TLS socket) as a connection, once it emits `ready`. */
export function openConnection(
  socket: Socket,
  ready: "connect" | "secureConnect",
  timeoutMs: number,
): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      socket.destroy();
      reject(Object.assign(new Error(`no connection within ${timeoutMs} ms`), { code: "ETIMEDOUT" }));
    }, timeoutMs);
    socket.on("close", () => {
      clearTimeout(timer);
      // Deno emits no error if the peer closes the connection during the TLS handshake.
      reject(Object.assign(new Error("the peer closed the connection"), { code: "ECONNRESET" }));
    });
    socket.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.once(ready, () => {
      clearTimeout(timer);
      const chunks = socket[Symbol.asyncIterator]();
      resolve({
        write: (bytes) =>
          new Promise((done, fail) => {
            socket.write(bytes, (error) => error == null ? done() : fail(error));
          }),
        read: async () => {
          const { value, done } = await chunks.next();
          return done ? null : value;
        },
        close: () => {
          socket.destroy();
        },
      });
    });
  });
}
