import process from "node:process";
import { isDeno } from "../runtime/host.ts";
import { freePortDeno } from "./free_port_deno.ts";

/**
 * A free port of `host`, chosen by the kernel. Another process may still ask for this very port before the caller uses it.
 *
 * On Linux, where the kernel chooses at random, a connection to the port is closed from the server's side: that leaves it in
 * TIME_WAIT for a minute, in which no other process is given this port, while SO_REUSEADDR still lets a server listen on it.
 * Temporal does the same for its own ports (`devserver/freeport.go`).
 *
 * @throws the system's error if `host` is not an address of this machine
 */
export async function freePort(host = "127.0.0.1"): Promise<number> {
  const isParked = process.platform === "linux";
  // `node:net` costs a Deno process 30 ms, which `run --ephemeral` would pay each time.
  return isDeno ? freePortDeno(host, isParked) : (await import("./free_port_node.ts")).freePortNode(host, isParked);
}
