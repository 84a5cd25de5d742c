import { LocalError, systemErrorCode } from "../../errors/local_error.ts";
import { isDeno } from "../runtime/host.ts";
import type { Listener } from "./listener.ts";
import { probePortDeno } from "./probe_port_deno.ts";

/** Listens on a TCP port for a moment; rejects with the system's error. */
type ProbePort = (host: string, port: number) => Promise<Listener>;

/** What the kernel says when the machine has no such address, or no IPv6: nobody can take the port there. */
const NO_SUCH_ADDRESS = ["EADDRNOTAVAIL", "EAFNOSUPPORT", "EPROTONOSUPPORT"];

/**
 * Whether a server could listen on `port` of `host`, an address of this machine, by doing so for a moment. A machine
 * without IPv6 has `::1` free: nobody can stand there.
 *
 * On macOS a listener on all addresses does not make the port taken on a single one: SO_REUSEADDR allows it there.
 *
 * @throws {LocalError} `launch-failed` when `host` is no address of this machine, or the port may not be used
 */
export async function canBind(host: string, port: number): Promise<"free" | "taken"> {
  try {
    await (await listen(host, port)).close();
    return "free";
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
    ? ["ports under 1024 are reserved for root", "Choose a port from 1024 up"]
    : ["it is not an address of this machine", "Choose another --ip, such as 127.0.0.1"];
  return new LocalError("launch-failed", `Cannot listen on ${host}, port ${port}: ${reason}`, {
    hint,
    facts: { host, port, ...(code === undefined ? {} : { systemError: code }) },
    cause: error,
  });
}

/** A port that nobody listens on at `host`, as the kernel chose it. Somebody else may take it before the caller does. */
export async function freePort(host = "127.0.0.1"): Promise<number> {
  const listening = await listen(host, 0);
  await listening.close();
  return listening.port;
}

/** `node:net` costs a Deno process 20 ms to load, and its own listener nothing. */
async function listen(host: string, port: number): Promise<Listener> {
  const variant: ProbePort = isDeno ? probePortDeno : (await import("./probe_port_node.ts")).probePortNode;
  return variant(host, port);
}
