import process from "node:process";
import { LocalError, systemErrorCode } from "../../errors/local_error.ts";
import { currentHost } from "../runtime/current_host.ts";
import { isDeno } from "../runtime/host.ts";
import type { Connect } from "./connection.ts";

/** A listener opened to probe a port. */
export interface Listener {
  port: number;
  /** Resolves when the port is free again. */
  close(): Promise<void>;
}

/** Opens a listener on a TCP port; rejects with the system's error. */
type ProbePort = (host: string, port: number) => Promise<Listener>;

/** Errors for an address that the machine does not have, e.g. without IPv6: no process can take the port there. */
const NO_SUCH_ADDRESS = ["EADDRNOTAVAIL", "EAFNOSUPPORT", "EPROTONOSUPPORT"];

/**
 * Whether a server could listen on `port` of `host`, an address of this machine, found by listening for a moment.
 * Without IPv6, `::1` counts as free, because no process can listen there.
 *
 * On macOS listening succeeds beside a process that listens on all addresses, or on one of them: SO_REUSEADDR allows it
 * there (in_pcbbind in bsd/netinet/in_pcb.c), and clients reach either. So a connection is tried there as well.
 *
 * @param platform As `process.platform` names it.
 * @param answers Whether a connection succeeds.
 * @param listenAt Opens the listener.
 * @throws {LocalError} `launch-failed` if `host` is not an address of this machine, or the port is not permitted
 */
export async function canBind(
  host: string,
  port: number,
  platform: string = process.platform,
  answers: (host: string, port: number) => Promise<boolean> = answersAt,
  listenAt: ProbePort = listen,
): Promise<"free" | "taken"> {
  try {
    await (await listenAt(host, port)).close();
    if (platform !== "darwin") return "free";
    return await answers(host, port) ? "taken" : "free";
  } catch (error) {
    const code = systemErrorCode(error) ?? "";
    if (code === "EADDRINUSE") return "taken";
    if (host === "::1" && NO_SUCH_ADDRESS.includes(code)) return "free";
    throw explain(host, port, error);
  }
}

function explain(host: string, port: number, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof RangeError) return error;
  const code = systemErrorCode(error);
  const [reason, hint] = code === "EACCES"
    ? ["ports below 1024 are reserved for root", "Choose a port of 1024 or higher"]
    : ["it is not an address of this machine", "Choose another --ip, such as 127.0.0.1"];
  return new LocalError("launch-failed", `Cannot listen on ${host}, port ${port}: ${reason}`, {
    hint,
    facts: { host, port, ...(code === undefined ? {} : { systemError: code }) },
    cause: error,
  });
}

/** On loopback a connection is accepted or refused at once; a listener whose queue is full does neither. */
const TIMEOUT_MS = 200;

/** Addresses that stand for all, and the one of this machine that reaches them. */
const REACHED_BY: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

/** Whether a process listens where a client of `host` and `port` would connect to, found by connecting. */
export async function answersAt(host: string, port: number, connect?: Connect): Promise<boolean> {
  try {
    const reach = connect ?? (await currentHost()).connect;
    (await reach({ host: REACHED_BY[host] ?? host, port }, TIMEOUT_MS)).close();
    return true;
  } catch (error) {
    return systemErrorCode(error) === "ETIMEDOUT";
  }
}

/** A free port of 127.0.0.1, chosen by the kernel. Another process may take it before the caller does. */
export async function freePort(): Promise<number> {
  const listening = await listen("127.0.0.1", 0);
  await listening.close();
  return listening.port;
}

/**
 * Listens on a TCP port; both runtimes set SO_REUSEADDR, as Temporal does. Uses Deno's own listener, because loading
 * `node:net` costs a Deno process 20 ms.
 */
async function listen(host: string, port: number): Promise<Listener> {
  if (isDeno) {
    const listener = Deno.listen({ hostname: host, port, transport: "tcp" });
    return { port: listener.addr.port, close: () => Promise.resolve(listener.close()) };
  }
  const { createServer } = await import("node:net");
  return await new Promise((resolve, reject) => {
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
