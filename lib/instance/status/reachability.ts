import { LocalError, systemErrorCode } from "../../errors/local_error.ts";
import type { Host } from "../../platform/runtime/host.ts";
import { parseAddress } from "./addresses.ts";
import type { Check, Status } from "./status.ts";

/** Timeout for a connection to Temporal, in ms. */
const DIAL_MS = 1000;

/**
 * `status`, as seen from here. A container that shares the home reaches the supervisor through its socket, but not a
 * Temporal in another network namespace: then the check `reach` fails, and Temporal is not healthy for this process.
 */
export async function seenFromHere(host: Host, status: Status): Promise<Status> {
  const check = await checkReach(host, status);
  if (check === null) return status;
  return { ...status, healthy: status.healthy && check.ok, checks: [...status.checks, check] };
}

/**
 * Refuses a Temporal that cannot be reached from here.
 *
 * @throws {LocalError} `unreachable`
 */
export async function requireReach(host: Host, status: Status): Promise<void> {
  const check = await checkReach(host, status);
  if (check === null || check.ok) return;
  const { address, supervisor } = status;
  throw new LocalError("unreachable", `Temporal is ${status.state}, but not for this process: ${check.detail}`, {
    hint: "Share the network, as with `docker run --network host`, or use another --home here",
    facts: { address, supervisor: supervisor?.pid, network: supervisor?.network, here: host.networkNamespace() },
  });
}

/** Null in the supervisor's network namespace, where its own checks say enough; they cost no connection here. */
async function checkReach(host: Host, { address, supervisor }: Status): Promise<Check | null> {
  const network = supervisor?.network ?? null;
  const here = host.networkNamespace();
  if (network === null || here === null || network === here) return null;
  const start = performance.now();
  const why = await whyOutOfReach(host, address);
  const ms = Math.round((performance.now() - start) * 100) / 100;
  if (why === null) return { name: "reach", ok: true, ms, detail: `${address}, in another network namespace` };
  const where = `its supervisor (pid ${supervisor?.pid}) runs in another network namespace (a container or its host)`;
  return { name: "reach", ok: false, ms, detail: `${address} cannot be reached from here (${why}): ${where}` };
}

async function whyOutOfReach(host: Host, address: string): Promise<string | null> {
  const endpoint = parseAddress(address);
  // What answers on this namespace's loopback is another server.
  if (/^(127\.|::1$|localhost$)/.test(endpoint.host)) return "loopback";
  try {
    (await host.connect(endpoint, DIAL_MS)).close();
    return null;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    return code;
  }
}
