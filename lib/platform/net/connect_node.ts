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
    const chunks: Uint8Array[] = [];
    let ended = false;
    let failure: Error | null = null;
    let wake: (() => void) | null = null;
    const notify = () => {
      wake?.();
      wake = null;
    };
    socket.on("data", (chunk: Uint8Array) => {
      chunks.push(chunk);
      notify();
    });
    socket.on("end", () => {
      ended = true;
      notify();
    });
    socket.on("close", () => {
      ended = true;
      clearTimeout(timer);
      // Deno emits no error if the peer closes the connection during the TLS handshake.
      reject(Object.assign(new Error("the peer closed the connection"), { code: "ECONNRESET" }));
      notify();
    });
    socket.on("error", (error) => {
      clearTimeout(timer);
      failure = error;
      reject(error);
      notify();
    });
    socket.once(ready, () => {
      clearTimeout(timer);
      resolve({
        write: (bytes) =>
          new Promise((done, fail) => {
            socket.write(bytes, (error) => error == null ? done() : fail(error));
          }),
        read: async () => {
          while (chunks.length === 0) {
            if (failure !== null) throw failure;
            if (ended) return null;
            await new Promise<void>((resume) => {
              wake = resume;
            });
          }
          return chunks.shift() ?? null;
        },
        close: () => {
          socket.destroy();
        },
      });
    });
  });
}
