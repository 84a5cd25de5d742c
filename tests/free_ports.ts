import { canBind } from "../lib/platform/net/probe_port.ts";

const FIRST_PORT = 10_000;
const LAST_PORT = 29_999;

/**
 * A port without a listener. Not chosen by the kernel, whose range also serves outgoing connections and other programs'
 * port 0, so that a busy machine may assign it again before it is used.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT + 1));
    if (await canBind("127.0.0.1", port) === "free" && await canBind("::1", port) === "free") return port;
  }
}

/** Two free ports, for the frontend and the UI. */
export async function freePorts(): Promise<{ port: number; uiPort: number }> {
  const [port, uiPort] = [await freePort(), await freePort()];
  return port === uiPort ? freePorts() : { port, uiPort };
}
