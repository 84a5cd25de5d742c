import { systemErrorCode } from "../../errors/local_error.ts";
import { currentHost } from "../runtime/current_host.ts";
import type { Connect } from "./connection.ts";

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
