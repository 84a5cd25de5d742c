import type { Agent } from "node:http";
import { loadPackage } from "../../platform/packaging/load_package.ts";
import { basicLogin } from "./basic_auth.ts";
import { proxyFor } from "./proxy.ts";
import { Unreachable } from "./transfer_error.ts";

/** The types of the npm package `https-proxy-agent`, as far as they are used. */
interface AgentPackage {
  HttpsProxyAgent: new (proxy: URL, options: { headers: Record<string, string>; signal: AbortSignal }) => Agent;
}

/** A proxy, and the agent that opens a tunnel through it (CONNECT). */
export interface Proxy {
  host: string;
  agent: Agent;
}

/**
 * The proxy that the environment names for `url`; null = none. Only then is the npm package loaded.
 *
 * @param signal Closes the connection to the proxy, which the agent itself leaves open when a request is given up.
 * @throws {Unreachable} when it is no proxy that can be used
 */
export async function openProxy(
  url: URL,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<Proxy | null> {
  let proxy: URL | null;
  try {
    proxy = proxyFor(url, env);
  } catch (error) {
    throw new Unreachable("the proxy in HTTPS_PROXY is no address", { cause: error });
  }
  if (proxy === null) return null;
  const { host, protocol } = proxy;
  if (protocol !== "http:" && protocol !== "https:") {
    throw new Unreachable(`a ${protocol.slice(0, -1)} proxy (${host}) is not supported; http and https are`);
  }
  // The agent would throw at a password with a bare `%`.
  const login = basicLogin(proxy);
  [proxy.username, proxy.password] = ["", ""];
  const { HttpsProxyAgent } = await load(host);
  return {
    host,
    agent: new HttpsProxyAgent(proxy, { headers: login === null ? {} : { "Proxy-Authorization": login }, signal }),
  };
}

async function load(host: string): Promise<AgentPackage> {
  try {
    return await loadPackage<AgentPackage>("https-proxy-agent");
  } catch (cause) {
    const why =
      "needs the npm package `https-proxy-agent`, which cannot be loaded: run `npm install` in the tool's folder";
    throw new Unreachable(`the proxy ${host} ${why}`, { cause });
  }
}
