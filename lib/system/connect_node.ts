import { connect as connectSocket } from "node:net";
import type { Connect } from "./connection.ts";

/** Connects over `node:net`. */
export const connectNode: Connect = (endpoint, timeoutMs) =>
  new Promise((resolve, reject) => {
    const socket = "path" in endpoint
      ? connectSocket({ path: endpoint.path })
      : connectSocket({ host: endpoint.host, port: endpoint.port, noDelay: true });
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
      notify();
    });
    socket.on("error", (error) => {
      clearTimeout(timer);
      failure = error;
      reject(error);
      notify();
    });
    socket.once("connect", () => {
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
